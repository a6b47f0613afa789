import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

/** A coordinator or a worker, started as users start it. */
export interface AppProcess {
  /** Waits until its output, of both streams, has this in it. */
  says(pattern: RegExp, timeoutMs?: number): Promise<void>;
  readonly exit: Promise<number | null>;
  output(): string;
  kill(signal: NodeJS.Signals): void;
  /** Asks it to stop, and waits until it has. */
  stop(): Promise<void>;
}

/** Starts an app with these settings and no others. */
export function startApp(app: 'coordinator' | 'worker', settings: Readonly<Record<string, string>>): AppProcess {
  const entry = fileURLToPath(new URL(`../../../apps/${app}/src/main.js`, import.meta.url));
  const own = { TANDEM_PORT: '0', TANDEM_DEVICE: 'cpu', TANDEM_CACHE: 'off' };
  const child = spawn(process.execPath, [entry], { env: { PATH: process.env['PATH'], ...own, ...settings } });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => void (output += text.toString()));
  const exit = once(child, 'close').then(([code]) => code as number | null);
  return {
    says: (pattern, timeout = 60_000) => expect.poll(() => output, { timeout, interval: 50 }).toMatch(pattern),
    exit,
    output: () => output,
    kill: (signal) => void child.kill(signal),
    async stop() {
      child.kill('SIGTERM');
      await exit;
    },
  };
}

/** The address of a coordinator that has been started. */
export async function addressOf(coordinator: AppProcess): Promise<string> {
  await coordinator.says(/listens on http:\/\/\S+,/);
  return /listens on (http:\/\/[\w.:]+),/.exec(coordinator.output())![1]!;
}
