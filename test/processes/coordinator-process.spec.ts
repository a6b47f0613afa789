import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { errorBodySchema } from '#protocol/error-body.js';
import { runStatusSchema } from '#protocol/run/run-status.js';
import { runDocument, temporaryDirectory } from '../support/coordinator.js';
import { freePort, startRedis, type PrivateRedis } from '../support/servers/redis.js';

const program = fileURLToPath(new URL('../../apps/coordinator/src/main.js', import.meta.url));
const running = new Set<ChildProcessWithoutNullStreams>();
let redis: PrivateRedis;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

beforeAll(async () => {
  [redis, directory] = await Promise.all([startRedis(), temporaryDirectory()]);
});

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

afterAll(async () => {
  await Promise.all([redis?.stop(), directory?.remove()]);
});

test('a start without settings prints the address and, only once, a key; SIGTERM ends it cleanly', async () => {
  const first = start();
  const [, url = ''] = await first.says(/listens on (\S+),/);
  const [, key = ''] = await first.says(/shown only this once: (\S+)/);
  expect((await fetch(`${url}/v1/workers`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(200);
  expect(errorBodySchema.parse(await (await fetch(`${url}/v1/workers`)).json()).code).toBe('UNAUTHORISED');
  first.child.kill('SIGTERM');
  expect(await first.exit).toBe(0);

  const second = start();
  await second.says(/listens on/);
  second.child.kill('SIGINT');
  expect(await second.exit).toBe(0);
  expect(second.output()).not.toContain('shown only this once');
});

test('a coordinator that other machines can reach says which places are closed and what opens them', async () => {
  const closed = start({ TANDEM_HOST: '0.0.0.0' });
  await closed.says(
    /read data sets and weights only from its store \(TANDEM_DATA_ROOTS opens.*no store of their own \(TANDEM_STORE_ROOTS/,
  );
  closed.child.kill('SIGTERM');
  await closed.exit;
  const open = start({
    TANDEM_HOST: '0.0.0.0',
    TANDEM_DATA_ROOTS: 'any',
    TANDEM_STORE_ROOTS: '/stores',
  });
  await open.says(/listens on/);
  expect(open.output()).not.toContain('ROOTS');
});

test('a run on a missing data set fails with its path and what to do', async () => {
  const coordinator = start({ TANDEM_API_KEY: 'a-key-of-the-tests' });
  const [, url = ''] = await coordinator.says(/listens on (\S+),/);
  const headers = { 'x-api-key': 'a-key-of-the-tests', 'content-type': 'application/json' };
  const absent = join(directory.path, 'no-such-data');
  const body = JSON.stringify(runDocument({ data: { train: absent } }));
  const submitted = runStatusSchema.parse(
    await (await fetch(`${url}/v1/runs`, { method: 'POST', headers, body })).json(),
  );
  await (await fetch(`${url}/v1/runs/${submitted.id}/metrics?follow=1`, { headers })).text();
  const run = runStatusSchema.parse(await (await fetch(`${url}/v1/runs/${submitted.id}`, { headers })).json());
  expect(run).toMatchObject({ state: 'failed', reason: expect.stringContaining('Stopped after 0 of 3 steps') });
  expect(run.error?.message).toContain(absent);
  expect(run.error?.help).not.toBe('');
});

test.each([
  [
    'Redis is down',
    async () => ({ REDIS_URL: `redis://127.0.0.1:${await freePort()}` }),
    /REDIS_URL.*ECONNREFUSED[^]*redis-server/,
    1,
  ],
  ['the store cannot be written', () => ({ TANDEM_STORE: `file:${program}/store` }), /main\.js\/store/, 1],
  ['the port is taken', () => ({ TANDEM_PORT: String(takenPort) }), /another process listens on[^]*--port/, 2],
  ['a setting is out of range', () => ({ TANDEM_PORT: '99999' }), /TANDEM_PORT.*<=65535, got "99999"/, 2],
] as const)('if %s, a start says what to do; code 2 if its user can do it', async (_, environment, message, code) => {
  const coordinator = start(await environment());
  expect(await coordinator.exit).toBe(code);
  expect(coordinator.errors()).toMatch(message);
  expect(coordinator.errors()).not.toMatch(/^\s+at /m);
});

let takenPort: number;
const taken = createServer();

beforeAll(async () => {
  await once(taken.listen(0, '127.0.0.1'), 'listening');
  takenPort = (taken.address() as AddressInfo).port;
});

afterAll(() => {
  taken.close();
});

interface Started {
  readonly child: ChildProcessWithoutNullStreams;
  readonly exit: Promise<number | null>;
  /** Resolves when the output matches. Rejects if the process ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  output(): string;
  errors(): string;
}

function start(environment: Record<string, string> = {}): Started {
  const child = spawn(process.execPath, [program], {
    env: {
      PATH: process.env['PATH'],
      TANDEM_PORT: '0',
      REDIS_URL: redis.url,
      TANDEM_STORE: `file:${directory.path}/store`,
      TANDEM_DATA_DIR: join(directory.path, 'data'),
      ...environment,
    },
  });
  running.add(child);
  let output = '';
  let errors = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  const exit = once(child, 'close').then(([code]) => code as number | null);
  async function says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(output);
      if (found) return found;
      if (child.exitCode !== null)
        throw new Error(`expected ${pattern}, got exit code ${child.exitCode} and\n${output}${errors}`);
      await Promise.race([once(child.stdout, 'data'), exit]);
    }
  }
  return { child, exit, says, output: () => output, errors: () => errors };
}
