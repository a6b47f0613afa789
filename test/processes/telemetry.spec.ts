// Goal: nothing calls home. Method: a real coordinator and worker under strace, each with a home folder of its own;
// ONNX Runtime without our switch shows that the method sees what it looks for.
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

/** ONNX Runtime looks up its maker's host 9 s after it was loaded. */
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

it('ONNX Runtime keeps files about its user where nobody tells it otherwise', async () => {
  await mkdir(at('plain'));
  const script =
    `import ort from 'onnxruntime-node'; await ort.InferenceSession.create(new ` +
    'Uint8Array(8)).catch(() => undefined);';
  // Nothing else of the environment: it keeps quiet by itself where it sees that it runs in CI.
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const plain = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: at('plain') },
    stdio: 'ignore',
  });
  await once(plain, 'exit');
  expect((await filesBelow('plain')).filter((path) => path.includes('onnxruntime'))).not.toEqual([]);
});

it(
  'an idle coordinator and worker look up no name, reach Redis and nobody else, ' + 'and leave no file',
  async (context) => {
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
      // Before it asks a server of names, glibc asks the daemon that caches them, whether there is one or not.
      expect(
        calls.filter((line) => /connect\(.*(nscd|resolve)/.test(line)),
        name,
      ).toEqual([]);
      expect(await filesBelow(name), name).toEqual([]);
    }
  },
);

interface Watched {
  readonly name: string;
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  output(): string;
}

async function watch(strace: Strace, name: string, environment: Readonly<Record<string, string>>): Promise<Watched> {
  await mkdir(at(name));

  // -D: the process is our child, and strace its companion, so that signals reach it.
  const args = ['-D', '-f', '-qq', '-e', 'trace=connect', '-o', at(`${name}.trace`), process.execPath, app(name)];
  const child = spawn(strace.command, args, {
    env: { PATH: process.env['PATH'], HOME: at(name), ...strace.env, ...environment },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => void (output += text.toString()));
  return { name, child, ended: once(child, 'close'), output: () => output };
}
