// Goal: `npx tandem worker & kill $!` ends the worker too, and a daemon outlives the shell that began it. Method: a
// shell between this test and the worker, as npx has one; the shell is killed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { startRedis, type PrivateRedis } from '../support/servers/redis.js';

const program = fileURLToPath(new URL('../../apps/cli/src/main.js', import.meta.url));
let redis: PrivateRedis;
const pids: number[] = [];

beforeAll(async () => void (redis = await startRedis()));
afterEach(() =>
  pids
    .splice(0)
    .filter(isRunning)
    .forEach((pid) => process.kill(pid, 'SIGKILL')),
);
afterAll(() => redis?.stop());

it('a worker that npx started ends when npx and its shell do', async () => {
  const worker = await orphanedWorker({ npm_command: 'exec' });
  await vi.waitFor(() => expect(isRunning(worker)).toBe(false), { timeout: 20_000, interval: 50 });
});

it('a worker that a shell started lives on without it', async () => {
  const worker = await orphanedWorker({ npm_command: '' });
  await new Promise((resolve) => setTimeout(resolve, 2000));
  expect(isRunning(worker)).toBe(true);
});

/** A worker that has begun to look for a coordinator, after its shell was killed. */
async function orphanedWorker(environment: Readonly<Record<string, string>>): Promise<number> {
  const command = `"${process.execPath}" "${program}" worker --redis-url ${redis.url} --device cpu & echo $!; wait`;
  const shell = spawn('sh', ['-c', command], {
    env: { ...process.env, TANDEM_CACHE: 'off', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [line] = (await once(createInterface({ input: shell.stdout }), 'line')) as [string];
  const worker = Number(line);
  pids.push(worker);
  let log = '';
  shell.stderr.on('data', (text: Buffer) => void (log += text.toString()));
  await vi.waitFor(() => expect(log).toMatch(/coordinator/), { timeout: 30_000, interval: 50 });
  shell.kill('SIGKILL');
  return worker;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
