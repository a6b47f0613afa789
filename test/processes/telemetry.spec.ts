// Goal: nothing calls home. Method: a real coordinator and worker under strace, each with a home folder of its own.
// ONNX Runtime without our switch shows that the method would notice.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/coordinator.js';
import { startRedis, type PrivateRedis } from '../support/servers/redis.js';
import { findStrace, type Strace } from '../support/servers/strace.js';

/** Long enough, since ONNX Runtime looks up its maker's host 9 s after it was loaded. */
const watchedMs = 13_000;

let redis: PrivateRedis;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  [redis, directory] = await Promise.all([startRedis(), temporaryDirectory()]);
});
afterAll(async () => {
  await Promise.all([redis?.stop(), directory?.remove()]);
});

const app = (name: string): string => fileURLToPath(new URL(`../../apps/${name}/src/main.js`, import.meta.url));
const at = (path: string): string => join(directory.path, path);
const filesBelow = async (home: string): Promise<string[]> => readdir(at(home), { recursive: true });

it('ONNX Runtime by default writes files about its user', async () => {
  await mkdir(at('plain'));
  const script =
    `import ort from 'onnxruntime-node'; await ort.InferenceSession.create(new ` +
    'Uint8Array(8)).catch(() => undefined);';
  // No other variables: ONNX Runtime sends nothing if the environment looks like CI.
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const plain = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: at('plain') },
    stdio: 'ignore',
  });
  await once(plain, 'exit');
  expect((await filesBelow('plain')).filter((path) => path.includes('onnxruntime'))).not.toEqual([]);
});

it('an idle coordinator and worker look up no host name, connect only to Redis, and leave no file', async (context) => {
  const strace = await findStrace();
  if ('reason' in strace) return context.skip(strace.reason);
  const environment = {
    REDIS_URL: redis.url,
    TANDEM_STORE: `file:${at('store')}`,
    TANDEM_DATA_DIR: at('own'),
    TANDEM_PORT: '0',
    TANDEM_DEVICE: 'cpu',
    TANDEM_CACHE: 'off',
  };
  const watched = await Promise.all(['coordinator', 'worker'].map((name) => watch(strace, name, environment)));
  await sleep(watchedMs);
  for (const { child } of watched) child.kill('SIGTERM');
  await Promise.all(watched.map(({ ended }) => ended));
  for (const { name, output } of watched) {
    expect(output(), name).toMatch(name === 'worker' ? /The worker is ready/ : /listens on/);
    const calls = (await readFile(at(`${name}.trace`), 'utf8')).split('\n');
    const peers = calls.filter((line) => /connect\(.*AF_INET/.test(line)).map((line) => line.replace(/^\d+ +/, ''));
    expect(peers, name).not.toEqual([]);
    expect(
      peers.filter((line) => !line.includes(`sin_port=htons(${redis.port}), sin_addr=inet_addr("127.0.0.1")`)),
      name,
    ).toEqual([]);
    // Before glibc asks a name server, it asks nscd, a daemon that caches names, whether or not it runs.
    expect(
      calls.filter((line) => /connect\(.*(nscd|resolve)/.test(line)),
      name,
    ).toEqual([]);
    expect(await filesBelow(name), name).toEqual([]);
  }
});

interface Watched {
  readonly name: string;
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  output(): string;
}

async function watch(strace: Strace, name: string, environment: Readonly<Record<string, string>>): Promise<Watched> {
  await mkdir(at(name));

  // -D: the traced process is our child, and strace runs beside it, so that signals reach the process.
  const args = ['-D', '-f', '-qq', '-e', 'trace=connect', '-o', at(`${name}.trace`), process.execPath, app(name)];
  const child = spawn(strace.command, args, {
    env: { PATH: process.env['PATH'], HOME: at(name), ...strace.env, ...environment },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => void (output += text.toString()));
  return { name, child, ended: once(child, 'close'), output: () => output };
}
