// Goal: a step is one trace across processes: each task of a worker below its pass of the step, its parts below it, and
// all within the times of what they are part of. Method: a real coordinator and two workers send to a receiver.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { startLocalCluster, type LocalCluster } from '#cluster/local-cluster.js';
import { writeTinyData } from '../support/models/tiny-data.js';
import { tinyDocument } from '../support/models/tiny-run.js';
import { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from '../support/servers/otlp-receiver.js';

const steps = 4;
/** Spans are sent with the milliseconds of the wall clock, which is read once for each task and step. */
const toleranceNs = 3_000_000n;

let folder: string;
let receiver: OtlpReceiver;
let cluster: LocalCluster;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-traces-'));
  receiver = await startOtlpReceiver();
  await writeTinyData(join(folder, 'shapes'));
  cluster = await startWith(receiver.endpoint);
});
afterAll(async () => {
  await cluster?.stop();
  await receiver?.stop();
  if (folder) await rm(folder, { recursive: true });
});

function startWith(endpoint: string): Promise<LocalCluster> {
  const app = (name: string): string => fileURLToPath(new URL(`../../apps/${name}/src/main.js`, import.meta.url));
  const { REDIS_URL: _theirs, ...environment } = process.env;
  return startLocalCluster({
    workers: 2,
    entries: { coordinator: app('coordinator'), worker: app('worker') },
    store: `file:${join(folder, 'store')}`,
    logs: join(folder, 'logs'),
    environment: {
      ...{ ...environment, TANDEM_DEVICE: 'cpu', TANDEM_CACHE: 'off', TANDEM_THREADS: '1' },
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    },
    onWorkerLost: () => undefined,
  });
}

async function complete(): Promise<string> {
  const { id } = await cluster.api.submit(tinyDocument(join(folder, 'shapes'), { steps }));
  await expect.poll(async () => (await cluster.api.run(id)).state, { timeout: 60_000 }).toBe('completed');
  return id;
}

it('spans of coordinator and workers make one trace of each step', async () => {
  const run = await complete();
  await cluster.stop(); // Each process sends what it has left.
  const { spans } = receiver;
  const wholes = spans.filter(({ name }) => name === 'step');
  expect(wholes.map(({ attributes }) => Number(attributes['tandem.step']))).toEqual([1, 2, 3, 4]);
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(steps);
  for (const whole of wholes) {
    expect(whole).toMatchObject({ service: 'tandem-coordinator', attributes: { 'tandem.run': run } });
    expect(whole.parentSpanId ?? '').toBe('');
    const trace = spans.filter(({ traceId }) => traceId === whole.traceId);
    expect(new Set(trace.map(({ spanId }) => spanId)).size).toBe(trace.length);
    const below = (parent: ReceivedSpan): ReceivedSpan[] => trace.filter((one) => one.parentSpanId === parent.spanId);
    expect(below(whole).map(({ name }) => name)).toEqual(['encode', 'loss', 'backprop', 'update']);
    expectInside(whole, below(whole));
    for (const pass of below(whole).filter(({ name }) => /^(encode|backprop)$/.test(name))) {
      const tasks = below(pass);
      expect(tasks.length).toBeGreaterThan(0);
      expect(new Set(tasks.map(({ name }) => name))).toEqual(new Set([`${pass.name} task`]));
      expect(tasks.reduce((sum, { attributes }) => sum + Number(attributes['tandem.shards']), 0)).toBe(2);
      expectInside(pass, tasks);
      for (const task of tasks) {
        expect(task.service).toBe('tandem-worker');
        const parts = below(task).map(({ name }) => name);
        expect(parts).toEqual(expect.arrayContaining(['read parameters', 'compute', 'read and write blobs']));
        if (pass.name === 'encode') expect(parts).toContain('load samples');
        expectInside(task, below(task));
      }
    }
    // No span is left over: each has its place in the tree.
    const ids = new Set(trace.map(({ spanId }) => spanId));
    expect(trace.filter((one) => one !== whole && !ids.has(one.parentSpanId ?? ''))).toEqual([]);
  }
});

it('a collector that is away is told of in the log, and costs no step', async () => {
  const { endpoint } = receiver;
  await receiver.stop();
  cluster = await startWith(endpoint);
  await complete();
  for (const program of ['coordinator', 'worker-1'])
    await expect
      .poll(() => readFile(join(folder, 'logs', `${program}.log`), 'utf8'), { timeout: 30_000 })
      .toMatch(/"msg":"Traces could not be sent"/);
});

it('without a collector none of the packages is loaded', async () => {
  const modules = ['../../apps/coordinator/src/training/open-trainer.js', '../../apps/worker/src/task-handler.js'];
  const urls = [...modules, '../../libs/metrics/src/traces/span-exporter.js'].map(
    (path) => new URL(path, import.meta.url),
  );
  const loaded = async (more: string): Promise<string[]> => {
    const script =
      `${urls.map((url) => `await import('${url.href}');`).join('')} ${more} ` +
      `const { default: { _cache } } = await import('node:module'); console.log(JSON.stringify(Object.keys(_cache)));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    const paths = z.array(z.string()).parse(JSON.parse(stdout.trimEnd().split('\n').at(-1)!));
    return paths.filter((path) => /@opentelemetry.(sdk|exporter|resources|otlp)/.test(path));
  };
  expect(await loaded('')).toEqual([]);
  const open = `const { openSpanExporter } = await import('${urls.at(-1)!.href}');
    await openSpanExporter({ endpoint: 'http://127.0.0.1:9', share: 1, program: 'worker', instance: 'w' });`;
  expect(await loaded(open)).not.toEqual([]);
});

function expectInside(whole: ReceivedSpan, parts: readonly ReceivedSpan[]): void {
  for (const { name, startTimeUnixNano: start, endTimeUnixNano: end } of parts) {
    expect(end, name).toBeGreaterThanOrEqual(start);
    expect(start + toleranceNs, `${name} begins within ${whole.name}`).toBeGreaterThanOrEqual(whole.startTimeUnixNano);
    expect(end, `${name} ends within ${whole.name}`).toBeLessThanOrEqual(whole.endTimeUnixNano + toleranceNs);
  }
}
