import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventLogSchema, type LoggedEvent } from '#protocol/history/event-log.js';
import type { MetricsPage, RunStatus, StepMetrics } from '#protocol/run/run-status.js';
import { writeCheckpoint } from '#store/run/checkpoint.js';
import { checkpointBlobs, runKeys } from '#store/run/keys.js';
import { parseJson } from '#protocol/input/json-text.js';
import { openStore } from '#store/open-store.js';
import { urlOf } from '#store/store-url.js';
import type { RunEvent } from '../../apps/coordinator/src/training/run-event.js';
import { runDocument, startTestCoordinator, temporaryDirectory, type TestCoordinator } from '../support/coordinator.js';
import { scriptedMetrics } from '../support/scripted-trainer.js';
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

test('a stop ends the run that trains after its step, and it goes on at the next start before the queue', async () => {
  const first = await startTestCoordinator(settings('stopped'));
  const active = await submit(first, 'active');
  const queued = await submit(first, 'queued');
  const training = await first.trainer.next();
  training.prepare();
  training.step(1);
  await first.close();
  expect(training.stopping.aborted).toBe(true);
  expect(training.signal.aborted).toBe(false);
  const store = openStore(`file:${join(directory.path, 'stopped')}`);
  expect(parseJson(await store.get(runKeys(active.id).status))).toMatchObject({
    state: 'queued',
    step: 1,
    error: null,
    reason: expect.stringMatching(/coordinator stopped after 1 of 3 steps; it goes on/),
  });

  const second = await startTestCoordinator(settings('stopped'));
  const resumed = await second.trainer.next();
  expect(resumed.id).toBe(active.id);
  expect(resumed.config).toEqual(active.config);
  resumed.prepare();
  resumed.onEvent({ kind: 'restored', metrics: metricsOf(1), losses: [] });
  expect(await find(second, active.id)).toMatchObject({ state: 'training', step: 1, last: { step: 1 } });
  resumed.step(2);
  resumed.step(3);
  resumed.complete();
  expect((await second.trainer.next()).id).toBe(queued.id);
  const { metrics } = (await (await second.get(`/v1/runs/${active.id}/metrics`)).json()) as MetricsPage;
  expect(metrics.map(({ step }) => step)).toEqual([1, 2, 3]);
  await second.close();
});

test('a run that was under way when its coordinator was killed goes on, and says what was lost', async () => {
  const store = openStore(`file:${join(directory.path, 'killed')}`);
  const before = await startTestCoordinator(settings('killed'));
  const run = await submit(before, 'killed');
  await before.trainer.next();
  const underWay = { ...(await find(before, run.id)), state: 'training', step: 3 };
  await before.close();
  // What a killed coordinator leaves behind is the status of a run that trains.
  await store.put(runKeys(run.id).status, new TextEncoder().encode(JSON.stringify(underWay)));
  await store.put(runKeys('damaged').status, new TextEncoder().encode('{"id":'));

  const after = await startTestCoordinator(settings('killed'));
  const resumed = await after.trainer.next();
  expect(resumed.id).toBe(run.id);
  resumed.prepare();
  resumed.onEvent({ kind: 'restored', metrics: metricsOf(2), losses: ['The journal ends before step 2.'] });
  expect(await find(after, run.id)).toMatchObject({
    state: 'training',
    step: 2,
    reason: 'Goes on after 2 of 3 steps. Steps after 2 of 3 are taken again. The journal ends before step 2.',
  });
  const { runs } = (await (await after.get('/v1/runs')).json()) as { runs: RunStatus[] };
  expect(runs.map(({ id }) => id)).toEqual([run.id]);
  await after.close();
});

test('where runs do not go on by themselves, they are paused and can be resumed', async () => {
  const first = await startTestCoordinator(settings('manual'));
  const run = await submit(first, 'manual');
  (await first.trainer.next()).prepare();
  await first.close();
  const second = await startTestCoordinator({ ...settings('manual'), TANDEM_RESUME: 'manual' });
  expect(await find(second, run.id)).toMatchObject({ state: 'paused' });
  expect((await second.post(`/v1/runs/${run.id}/resume`, {})).status).toBe(200);
  expect((await second.trainer.next()).id).toBe(run.id);
  await second.close();
});

test('what has happened to a run is there after a restart and after its end, in its own store', async () => {
  const own = openStore(`file:${join(directory.path, 'events')}`);
  const best: RunEvent = {
    ...{ kind: 'best', url: 'file:/a-checkpoint' },
    result: { kind: 'zero-shot', name: 'seen', step: 1, classes: 10, images: 20, top1: 0.5, top5: 0.9, chance: 0.1 },
  };
  const first = await startTestCoordinator(settings('listed'));
  const run = await submit(first, 'told', { store: own.url });
  const training = await first.trainer.next();
  training.prepare();
  training.step(1);
  training.onEvent({ kind: 'checkpoint', url: 'file:/a-checkpoint' });
  training.onEvent(best);
  const before = await eventsOf(first, run.id);
  expect(before.map(({ kind, step }) => [kind, step])).toEqual([
    ['started', 0],
    ['prepared', 0],
    ['checkpoint', 1],
    ['best', 1],
  ]);
  await first.close();

  const second = await startTestCoordinator(settings('listed'));
  const again = await second.trainer.next();
  again.prepare();
  again.onEvent({ kind: 'restored', metrics: metricsOf(1), losses: [] });
  again.onEvent(best); // A trainer that goes on does not know what was told.
  again.step(3);
  again.complete();
  await expect.poll(async () => (await find(second, run.id)).state).toBe('completed');
  const kinds = ['interrupted', 'started', 'prepared', 'restored', 'completed'];
  const after = await eventsOf(second, run.id);
  expect(after.slice(0, 4)).toEqual(before);
  expect(after.slice(4).map(({ kind }) => kind)).toEqual(kinds);
  await second.close();

  const third = await startTestCoordinator(settings('listed'));
  expect(await eventsOf(third, run.id)).toEqual(after);
  // A damaged blob costs the events, and nothing else.
  await own.put(runKeys(run.id).events, new TextEncoder().encode('{"events": [{'));
  expect((await third.post(`/v1/runs/${run.id}/resume`, { steps: 5 })).status).toBe(200);
  await third.trainer.next();
  await third.close();
  const fourth = await startTestCoordinator(settings('listed'));
  expect((await eventsOf(fourth, run.id)).at(-1)).toMatchObject({ kind: 'started' });
  await fourth.close();
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
  const folder = await writeCheckpoint(
    own,
    runKeys(run.id).checkpoints,
    { step: 3, epoch: 1 },
    { [checkpointBlobs.metrics]: lines },
  );
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

/** The metrics of the first `count` steps, as a scripted training reports them. */
function metricsOf(count: number): StepMetrics[] {
  return Array.from({ length: count }, (_, at) => ({ ...scriptedMetrics, step: at + 1 }));
}

async function eventsOf(coordinator: TestCoordinator, id: string): Promise<readonly LoggedEvent[]> {
  const { events } = eventLogSchema.parse(await (await coordinator.get(`/v1/runs/${id}/events`)).json());
  return events.filter(({ kind }) => kind !== 'deserted'); // No worker is there, which a run says after a second.
}
