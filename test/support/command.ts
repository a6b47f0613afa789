import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The `tandem` command as a process, on the CPU device. It has a temporary directory of its own, which shows what it
 * leaves behind.
 */
export interface RunningCommand {
  readonly pid: number;
  /** All of standard output and standard error so far. */
  output(): string;
  stdout(): string;
  /** Resolves when the output matches. Rejects if the command ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
  readonly exit: Promise<number | NodeJS.Signals>;
  /** The names of the files in its temporary directory. */
  leftBehind(): Promise<string[]>;
  /** Ends the command if it still runs, and removes its temporary directory. */
  close(): Promise<void>;
}

const program = fileURLToPath(new URL('../../apps/cli/src/main.js', import.meta.url));

export async function startCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningCommand> {
  const scratch = await mkdtemp(join(tmpdir(), 'tandem-command-'));
  const { REDIS_URL: _theirs, ...inherited } = process.env;
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...inherited, CI: '1', TANDEM_DEVICE: 'cpu', TANDEM_CACHE: 'off', TMPDIR: scratch, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let stdout = '';
  child.stdout.on('data', (text: Buffer) => void (stdout += text.toString()));
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => void (output += text.toString()));
  const exit = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  return {
    pid: child.pid ?? 0,
    output: () => output,
    stdout: () => stdout,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(output);
          if (match) resolve(match);
        };
        child.stdout.on('data', look);
        child.stderr.on('data', look);
        look();
        void exit.then((code) => reject(new Error(`expected ${pattern}, the command ended (${code}):\n${output}`)));
      }),
    kill: (signal) => void child.kill(signal),
    exit,
    leftBehind: () => readdir(scratch),
    async close() {
      child.kill('SIGKILL');
      await exit;
      await rm(scratch, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    },
  };
}
