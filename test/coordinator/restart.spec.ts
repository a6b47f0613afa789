import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MetricsPage, RunStatus } from '#protocol/run/run-status.js';
import { writeCheckpoint } from '#store/run/checkpoint.js';
import { checkpointBlobs, runKeys } from '#store/run/keys.js';
import { openStore } from '#store/open-store.js';
import { urlOf } from '#store/store-url.js';
import { runDocument, startTestCoordinator, temporaryDirectory, type TestCoordinator } from '../support/coordinator.js';
import { freePort, startRedis, type PrivateRedis } from '../support/servers/redis.js';

let redis: PrivateRedis;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

beforeAll(async () => {
  [redis, directory] = await Promise.all([startRedis(), temporaryDirectory()]);
});

afterAll(async () => {
  await Promise.all([redis?.stop(), directory?.remove()]);
});

function settings(name: string): Record<string, string> {
  return { REDIS_URL: redis.url, TANDEM_STORE: `file:${join(directory.path, name)}`, TANDEM_DATA_DIR: directory.path };
}

test('a stop ends the run that trains, with the reason, and the queue continues at the next start', async () => {
  const first = await startTestCoordinator(settings('stopped'));
  const active = await submit(first, 'active');
  const queued = await submit(first, 'queued');
  const training = await first.trainer.next();
  training.prepare();
  training.step(1);
  await first.close();
  expect(training.signal.aborted).toBe(true);

  const second = await startTestCoordinator(settings('stopped'));
  expect(await find(second, active.id)).toMatchObject({
    state: 'failed',
    step: 1,
    error: { code: 'INTERRUPTED' },
    reason: expect.stringMatching(/after 1 of 3 steps: the coordinator stopped/),
  });
  const next = await second.trainer.next();
  expect(next.id).toBe(queued.id);
  expect(next.config).toEqual(queued.config);
  await second.close();
});

test('a run that was active when its coordinator was killed is listed as interrupted', async () => {
  const store = openStore(`file:${join(directory.path, 'killed')}`);
  const before = await startTestCoordinator(settings('killed'));
  const run = await submit(before, 'killed');
  await before.trainer.next();
  const underWay = { ...(await find(before, run.id)), state: 'training' };
  await before.close();
  // What a killed coordinator leaves behind is the status of a run that trains.
  await store.put(runKeys(run.id).status, new TextEncoder().encode(JSON.stringify(underWay)));
  await store.put(runKeys('damaged').status, new TextEncoder().encode('{"id":'));

  const after = await startTestCoordinator(settings('killed'));
  expect(await find(after, run.id)).toMatchObject({
    state: 'failed',
    error: { code: 'INTERRUPTED' },
    endedAt: expect.any(String),
  });
  const { runs } = (await (await after.get('/v1/runs')).json()) as { runs: RunStatus[] };
  expect(runs.map(({ id }) => id)).toEqual([run.id]);
  await after.close();
});

test('the metrics of an earlier process come from the checkpoint, even for a run with its own store', async () => {
  const own = openStore(`file:${join(directory.path, 'own')}`);
  const first = await startTestCoordinator(settings('listing'));
  const run = await submit(first, 'own', { store: own.url });
  const training = await first.trainer.next();
  expect(training.store.url).toBe(own.url);
  training.prepare();
  const steps = [1, 2, 3].map((step) => {
    training.step(step, { loss: 3 - step / 2 });
    return { step, loss: 3 - step / 2 };
  });
  const { metrics } = (await (await first.get(`/v1/runs/${run.id}/metrics`)).json()) as MetricsPage;
  const lines = new TextEncoder().encode(metrics.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const folder = await writeCheckpoint(own, runKeys(run.id).checkpoints, 3, { [checkpointBlobs.metrics]: lines });
  training.onEvent({ kind: 'checkpoint', url: urlOf(own, folder) });
  training.complete();
  await (await first.get(`/v1/runs/${run.id}/metrics?follow=1`)).text();
  await first.close();
  expect(JSON.parse(new TextDecoder().decode(await own.get(runKeys(run.id).status)))).toMatchObject({
    state: 'completed',
  });

  const second = await startTestCoordinator(settings('listing'));
  expect(await (await second.get(`/v1/runs/${run.id}/metrics?from=2`)).json()).toMatchObject({
    metrics: steps.slice(1),
    next: 4,
  });
  await second.close();
});

test('a start that cannot succeed is refused with what is wrong and what to do', async () => {
  const port = await freePort();
  await expect(
    startTestCoordinator({ ...settings('refused'), REDIS_URL: `redis://:secret@127.0.0.1:${port}` }),
  ).rejects.toMatchObject({
    code: 'TRANSPORT_FAILED',
    message: expect.stringMatching(new RegExp(`127\\.0\\.0\\.1:${port} \\(REDIS_URL\\), got .*ECONNREFUSED`)),
    help: expect.stringContaining('set REDIS_URL'),
  });

  const file = join(directory.path, 'a-file');
  await writeFile(file, '');
  await expect(
    startTestCoordinator({ ...settings('refused'), TANDEM_STORE: `file:${file}/store` }),
  ).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining(file) });
  await expect(
    startTestCoordinator({ ...settings('refused'), TANDEM_API_KEY: '', TANDEM_DATA_DIR: `${file}/data` }),
  ).rejects.toMatchObject({ code: 'CONFIG_INVALID', help: expect.stringContaining('TANDEM_DATA_DIR') });

  const first = await startTestCoordinator(settings('refused'));
  const taken = new URL(first.url).port;
  await expect(startTestCoordinator({ ...settings('refused'), TANDEM_PORT: taken })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(`127.0.0.1:${taken}`),
    help: expect.stringContaining('--port'),
  });
  await first.close();
});

async function submit(coordinator: TestCoordinator, name: string, change: { store?: string } = {}): Promise<RunStatus> {
  return (await (await coordinator.post('/v1/runs', runDocument({ name, ...change }))).json()) as RunStatus;
}

async function find(coordinator: TestCoordinator, id: string): Promise<RunStatus> {
  return (await (await coordinator.get(`/v1/runs/${id}`)).json()) as RunStatus;
}
