import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '#cluster/free-port.js';

export { freePort };

/** A Redis server for one test, on loopback only, with nothing on disk. */
export interface PrivateRedis {
  readonly url: string;
  readonly port: number;
  signal(name: NodeJS.Signals): void;
  stop(): Promise<void>;
}

/**
 * Starts redis-server (or valkey-server, or the program in REDIS_SERVER) with the extra arguments `more`, on `port` or,
 * if left out, a free port. Resolves when it accepts connections. Rejects, with what to do, if it cannot be started.
 */
export async function startRedis(port?: number, more: readonly string[] = []): Promise<PrivateRedis> {
  const chosen = port ?? (await freePort());
  const failures: string[] = [];
  for (const program of programs()) {
    const server = await launch(program, chosen, more);
    if (typeof server !== 'string') return server;
    failures.push(`${program}: ${server}`);
  }
  throw new Error(
    `Expected redis-server or valkey-server on PATH for this test, got\n  ` +
      `${failures.join('\n  ')}\nInstall one (Debian: apt-get install redis-server) or name it in ` +
      'REDIS_SERVER.',
  );
}

function programs(): string[] {
  const named = process.env['REDIS_SERVER'];
  return named ? [named] : ['redis-server', 'valkey-server'];
}

/** The running server, or the reason why it does not run. */
async function launch(program: string, port: number, more: readonly string[]): Promise<PrivateRedis | string> {
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--maxmemory-policy',
    'noeviction',
    ...more,
  ];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const ready = new Promise<string | undefined>((resolve) => {
    const read = (text: Buffer): void => {
      output += text.toString();
      if (output.includes('Ready to accept connections')) resolve(undefined);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code) => resolve(`exited with ${code}: ${output.trim().split('\n').at(-1)}`));
  });
  const failure = await ready;
  if (failure !== undefined) return failure;
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    signal: (name) => void child.kill(name),
    async stop() {
      process.off('exit', kill);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      kill();
      await exited;
    },
  };
}
