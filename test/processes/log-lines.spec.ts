// Goal: each line that a coordinator and a worker log is a JSON object, also while libraries warn. Method: real
// processes train a run on a Redis that BullMQ warns of, with a module loaded into them that writes as libraries do.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { startLocalCluster, type LocalCluster } from '#cluster/local-cluster.js';
import { writeTinyData } from '../support/models/tiny-data.js';
import { tinyDocument } from '../support/models/tiny-run.js';
import { startRedis, type PrivateRedis } from '../support/servers/redis.js';

/** Loaded before the program: at a signal it writes in each way in which libraries do. */
const noisy = `
import { Worker } from 'node:worker_threads';
const write = () => {
  process.emitWarning('a warning of Node', { type: 'TestWarning', code: 'TEST01' });
  console.warn('two\\nlines of %s', 'a console');
  process.stderr.write('a part ');
  process.stderr.write(Buffer.from('of a line\\n'));
  new Worker("console.error('from a thread')", { eval: true, execArgv: [] });
};
process.on('SIGUSR2', write);
`;

const lineSchema = z.looseObject({
  level: z.int(),
  time: z.iso.datetime(),
  pid: z.int(),
  name: z.string(),
  msg: z.string(),
});
type Line = z.infer<typeof lineSchema> & { readonly source?: string };

let folder: string;
let redis: PrivateRedis;
let cluster: LocalCluster;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-log-'));
  redis = await startRedis(undefined, ['--maxmemory-policy', 'allkeys-lru']);
  await writeTinyData(join(folder, 'shapes'));
  const app = (name: string): string => fileURLToPath(new URL(`../../apps/${name}/src/main.js`, import.meta.url));
  cluster = await startLocalCluster({
    workers: 1,
    entries: { coordinator: app('coordinator'), worker: app('worker') },
    store: `file:${join(folder, 'store')}`,
    logs: join(folder, 'logs'),
    environment: {
      ...process.env,
      REDIS_URL: redis.url,
      TANDEM_REDIS_EVICTION: 'allowed',
      TANDEM_DEVICE: 'cpu',
      TANDEM_CACHE: 'off',
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(noisy)}`,
    },
    onWorkerLost: () => undefined,
  });
});
afterAll(async () => {
  await cluster?.stop();
  await redis?.stop();
  if (folder) await rm(folder, { recursive: true });
});

it('every line is JSON, and what libraries and threads write has its level and source', async () => {
  const run = await cluster.api.submit(tinyDocument(join(folder, 'shapes'), { steps: 3 }));
  await expect.poll(async () => (await cluster.api.run(run.id)).state, { timeout: 60_000 }).toBe('completed');
  for (const program of ['coordinator', 'worker-1']) {
    process.kill((await linesOf(program))[0]!.pid, 'SIGUSR2');
    await expect.poll(async () => (await linesOf(program)).some(({ msg }) => msg === 'from a thread')).toBe(true);
  }
  await cluster.stop();
  for (const program of ['coordinator', 'worker-1']) {
    const lines = await linesOf(program);
    expect(lines.length).toBeGreaterThan(5);
    const told = lines.filter(({ source }) => source !== undefined);
    const brief = told.map(({ level, source, msg, warning, code }) => ({ level, source, msg, warning, code }));
    expect(brief).toEqual(
      expect.arrayContaining([
        { level: 40, source: 'node', msg: 'a warning of Node', warning: 'TestWarning', code: 'TEST01' },
        { level: 40, source: 'console', msg: 'two\nlines of a console' },
        { level: 40, source: 'stderr', msg: 'a part of a line' },
        { level: 40, source: 'stderr', msg: 'from a thread' },
        { level: 40, source: 'bullmq', msg: expect.stringContaining('Eviction policy is allkeys-lru') },
      ]),
    );
  }
});

/** The log of a program, without what the coordinator says on standard output. */
async function linesOf(program: string): Promise<Line[]> {
  const text = await readFile(join(folder, 'logs', `${program}.log`), 'utf8');
  const lines = text.trimEnd().split('\n');
  return lines
    .filter((line) => !line.startsWith('The coordinator listens on http://'))
    .map((line) => lineSchema.parse(JSON.parse(line)));
}
