import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { errorBodySchema } from '#protocol/error-body.js';
import {
  metricsPageSchema,
  runListSchema,
  runStatusSchema,
  workerListSchema,
  type RunStatus,
} from '#protocol/run/run-status.js';
import {
  openHome,
  runDocument,
  startTestCoordinator,
  type CoordinatorHome,
  type TestCoordinator,
} from '../support/coordinator.js';

let home: CoordinatorHome;
let coordinator: TestCoordinator;

beforeAll(async () => {
  home = await openHome();
  coordinator = await startTestCoordinator({ ...home.settings, TANDEM_RUNS_AT_ONCE: '1' });
});

afterAll(async () => {
  await coordinator?.close();
  await home?.close();
});

test('a run is submitted, trains and completes, and its status shows each of these', async () => {
  const answer = await coordinator.post('/v1/runs', runDocument());
  expect(answer.status).toBe(201);
  const submitted = runStatusSchema.parse(await answer.json());
  expect(new URL(answer.headers.get('location')!, answer.url).pathname).toBe(`/v1/runs/${submitted.id}`);
  expect(submitted).toMatchObject({
    name: 'tiny',
    state: 'queued',
    steps: 3,
    config: { seed: 0, modelName: 'custom' },
  });

  const training = await coordinator.trainer.next();
  expect(training.id).toBe(submitted.id);
  expect(training.config).toEqual(submitted.config);
  expect(await find(submitted.id)).toMatchObject({ state: 'preparing' });
  training.prepare();
  training.step(1, { loss: 2 });
  training.step(2, { loss: 1 });
  expect(await find(submitted.id)).toMatchObject({
    state: 'training',
    step: 2,
    last: { loss: 1 },
    etaSeconds: expect.closeTo(0.1),
    skippedSamples: 4,
    derived: { shards: 2 },
  });

  training.onEvent({ kind: 'evaluating' });
  training.onEvent({
    kind: 'evaluation',
    result: { kind: 'zero-shot', name: 'seen', step: 2, classes: 10, images: 20, top1: 0.5, top5: 0.9, chance: 0.1 },
  });
  expect(await find(submitted.id)).toMatchObject({ state: 'evaluating', evaluations: [{ name: 'seen', top1: 0.5 }] });
  training.onEvent({ kind: 'checkpoint', url: `${training.store.url}/runs/${training.id}/checkpoints/000000002` });
  training.step(3);
  const ended = untilEnded(submitted.id);
  training.complete();
  expect(await ended).toMatchObject({ state: 'completed', step: 3, etaSeconds: null, error: null });

  const page = metricsPageSchema.parse(
    await (await coordinator.get(`/v1/runs/${submitted.id}/metrics?from=2&limit=1`)).json(),
  );
  expect(page).toMatchObject({ run: submitted.id, metrics: [{ step: 2, loss: 1 }], next: 3 });
});

test('a second run waits until the first one has ended', async () => {
  const [first, second] = [await submit('first'), await submit('second')];
  const training = await coordinator.trainer.next();
  expect(training.id).toBe(first.id);
  expect(await find(second.id)).toMatchObject({ state: 'queued' });
  const { runs } = runListSchema.parse(await (await coordinator.get('/v1/runs?limit=2')).json());
  expect(runs.map(({ id }) => id)).toEqual([second.id, first.id]);
  // A document can be a megabyte, a list a thousand runs: only a run of its own shows its document.
  expect(runs.filter((run) => 'config' in run)).toEqual([]);

  training.fail(new Error('a defect'));
  const following = await coordinator.trainer.next();
  expect(following.id).toBe(second.id);
  expect(await find(first.id)).toMatchObject({
    state: 'failed',
    error: { code: 'INTERNAL', message: expect.stringContaining('a defect') },
  });
  await cancel(second.id);
});

test('runs are listed page by page', async () => {
  const all = runListSchema.parse(await (await coordinator.get('/v1/runs')).json());
  expect(all.next).toBeNull();
  const ids: string[] = [];
  for (let next: string | null = ''; next !== null;) {
    const answer: Response = await coordinator.get(`/v1/runs?limit=1${next && `&after=${next}`}`);
    const page = runListSchema.parse(await answer.json());
    expect(page.runs.length).toBe(1);
    ids.push(...page.runs.map(({ id }) => id));
    next = page.next;
  }
  expect(ids).toEqual(all.runs.map(({ id }) => id));
  expect(ids.length).toBeGreaterThan(2);
  expect((await coordinator.get('/v1/runs?after=nonsense')).status).toBe(422);
});

test('cancel ends a queued run at once, and an active run when its training has stopped', async () => {
  const [active, queued] = [await submit('active'), await submit('queued')];
  const training = await coordinator.trainer.next();
  training.prepare();
  expect(await (await coordinator.post(`/v1/runs/${queued.id}/cancel`)).json()).toMatchObject({ state: 'cancelled' });
  expect(await cancel(active.id)).toMatchObject({
    state: 'cancelled',
    reason: expect.stringContaining('0 of 3 steps'),
    error: null,
  });
  expect(training.stopping.aborted).toBe(true);
  expect((await coordinator.post(`/v1/runs/${active.id}/cancel`)).status).toBe(200);
});

test('a run is paused after its step, resumed with more steps, and removed once it has ended', async () => {
  const { id } = await submit('lived-with');
  const training = await coordinator.trainer.next();
  training.prepare();
  training.step(1);
  expect((await coordinator.delete(`/v1/runs/${id}`)).status).toBe(409);
  expect((await coordinator.post(`/v1/runs/${id}/resume`, {})).status).toBe(409);
  expect((await coordinator.post(`/v1/runs/${id}/pause`)).status).toBe(200);
  expect(training.stopping.aborted).toBe(true);
  await expect.poll(() => find(id)).toMatchObject({ state: 'paused', reason: expect.stringContaining('1 of 3 steps') });

  const refused = await coordinator.post(`/v1/runs/${id}/resume`, { batch: 4, steps: 5 });
  expect(refused.status).toBe(422);
  expect(errorBodySchema.parse(await refused.json()).message).toContain('batch');
  expect((await coordinator.post(`/v1/runs/${id}/resume`, { steps: 0 })).status).toBe(422);
  expect(await (await coordinator.post(`/v1/runs/${id}/resume`, { steps: 5 })).json()).toMatchObject({
    state: 'queued',
    steps: 5,
    stepsChanges: [{ fromStep: 1, from: 3, to: 5 }],
  });
  const resumed = await coordinator.trainer.next();
  expect(resumed.config).toMatchObject({ steps: 5 });
  expect(resumed.stepsChanges).toMatchObject([{ fromStep: 1, from: 3, to: 5 }]);
  resumed.prepare();
  const ended = untilEnded(id);
  for (const step of [2, 3, 4, 5]) resumed.step(step);
  resumed.complete();
  expect(await ended).toMatchObject({ state: 'completed', step: 5 });
  expect((await coordinator.post(`/v1/runs/${id}/pause`)).status).toBe(409);
  expect((await coordinator.post(`/v1/runs/${id}/resume`, {})).status).toBe(409);
  expect((await coordinator.post(`/v1/runs/${id}/resume`, { steps: 4 })).status).toBe(409);

  expect((await coordinator.delete(`/v1/runs/${id}`)).status).toBe(204);
  expect((await coordinator.get(`/v1/runs/${id}`)).status).toBe(404);
});

test('a run that is to stop now is asked twice', async () => {
  const { id } = await submit('twice');
  const training = await coordinator.trainer.next();
  training.prepare();
  training.holdStop();
  await coordinator.post(`/v1/runs/${id}/pause`);
  expect([training.stopping.aborted, training.signal.aborted]).toEqual([true, false]);
  const ended = untilEnded(id);
  await coordinator.post(`/v1/runs/${id}/cancel`);
  expect(training.signal.aborted).toBe(true);
  expect(await ended).toMatchObject({ state: 'cancelled' });
});

test('a run says when it waits, and when there are no workers', async () => {
  const { id } = await submit('waits');
  const training = await coordinator.trainer.next();
  training.prepare();
  await expect
    .poll(() => find(id), { timeout: 5000 })
    .toMatchObject({
      reason: expect.stringMatching(/^Waits for workers after 0 of 3 steps: there are none since 20/),
    });
  training.step(1);
  training.onEvent({ kind: 'waiting', reason: 'Waits and tries again: the disk is full' });
  expect(await find(id)).toMatchObject({
    state: 'training',
    reason: expect.stringContaining('disk'),
    etaSeconds: null,
  });
  training.step(2);
  expect(await find(id)).toMatchObject({ reason: 'Trains; 2 of 3 steps are committed.' });
  await cancel(id);
});

test('cancel of a completed run is a conflict', async () => {
  const { id } = await submit('done');
  const training = await coordinator.trainer.next();
  training.prepare();
  const ended = untilEnded(id);
  training.complete();
  await ended;
  const answer = await coordinator.post(`/v1/runs/${id}/cancel`);
  expect(answer.status).toBe(409);
  expect(errorBodySchema.parse(await answer.json())).toMatchObject({ code: 'CONFLICT', context: { run: id } });
});

test('a refused document lists every problem with path, value and allowed range', async () => {
  const answer = await coordinator.post('/v1/runs', { ...runDocument({ batch: 1, steps: 0 }), typo: 1 });
  expect(answer.status).toBe(422);
  const body = errorBodySchema.parse(await answer.json());
  expect(body).toMatchObject({ code: 'CONFIG_INVALID', help: expect.stringContaining('run-document') });
  expect(body.problems?.map(({ path }) => path).sort()).toEqual(['(top level)', 'batch', 'steps']);
  expect(body.message).toMatch(/batch: .*>=2.*got 1/);
});

test.each([
  ['impossible sizes', runDocument({ shards: 9 }), 'shards', /at most batch = 8 shards, got 9/],
  ['an unknown preset', runDocument({ model: 'vit-of-dreams' }), 'model', /vit-of-dreams/],
])('%s are refused, with the path of the value', async (_, document, path, message) => {
  const answer = await coordinator.post('/v1/runs', document);
  expect(answer.status).toBe(422);
  expect(errorBodySchema.parse(await answer.json()).problems).toContainEqual({
    path,
    message: expect.stringMatching(message),
  });
});

test('a run whose own store cannot be written is refused before it is queued', async () => {
  const file = join(home.directory, 'a-file');
  await writeFile(file, '');
  const answer = await coordinator.post('/v1/runs', runDocument({ name: 'homeless', store: `file:${file}/store` }));
  expect(answer.status).toBe(503);
  expect(errorBodySchema.parse(await answer.json())).toMatchObject({
    code: 'STORE_FAILED',
    message: expect.stringContaining(file),
  });
  const { runs } = runListSchema.parse(await (await coordinator.get('/v1/runs')).json());
  expect(runs.map(({ name }) => name)).not.toContain('homeless');
});

test.each([
  ['no body', {}, undefined, 422],
  ['a body that is not JSON', { 'content-type': 'application/json' }, '{"name":', 400],
  ['a body that is too large', { 'content-type': 'application/json' }, JSON.stringify('x'.repeat(2 ** 20)), 413],
])('%s is refused, with an error body', async (_, headers, body, status) => {
  const answer = await fetch(`${coordinator.url}/v1/runs`, {
    method: 'POST',
    headers: { 'x-api-key': 'a-key-of-the-tests', ...headers },
    ...(body !== undefined && { body }),
  });
  expect(answer.status).toBe(status);
  expect(errorBodySchema.parse(await answer.json()).help).not.toBe('');
});

test.each([
  ['/v1/runs/no-such-run', 404, 'NOT_FOUND'],
  ['/v1/runs/no-such-run/metrics', 404, 'NOT_FOUND'],
  ['/v1/runs/no-such-run/metrics?follow=1', 404, 'NOT_FOUND'],
  ['/v1/runs?limit=many', 422, 'CONFIG_INVALID'],
  ['/v1/runs?limit=1&limit=2', 422, 'CONFIG_INVALID'],
  ['/v1/elsewhere', 404, 'NOT_FOUND'],
])('GET %s is %i', async (path, status, code) => {
  const answer = await coordinator.get(path);
  expect(answer.status).toBe(status);
  expect(errorBodySchema.parse(await answer.json())).toMatchObject({ code });
});

test('GET /v1/workers shows the pool as the trainer sees it', async () => {
  const worker = {
    id: 'w1',
    host: 'h',
    pid: 7,
    device: 'cpu',
    threads: 1,
    code: 'c',
    state: 'busy' as const,
    reason: 'encodes',
    task: 'r.1.encode.0',
    tasksDone: 4,
    memoryBytes: 2 ** 30,
    startedAt: 'a',
    lastSeenAt: 'b',
  };
  coordinator.trainer.workers = [worker];
  expect(workerListSchema.parse(await (await coordinator.get('/v1/workers')).json())).toEqual({ workers: [worker] });
});

async function submit(name: string): Promise<RunStatus> {
  return runStatusSchema.parse(await (await coordinator.post('/v1/runs', runDocument({ name }))).json());
}

async function find(id: string): Promise<RunStatus> {
  return runStatusSchema.parse(await (await coordinator.get(`/v1/runs/${id}`)).json());
}

/** The status of a run after its end. Waits for that by reading its stream of events, which then ends. */
async function untilEnded(id: string): Promise<RunStatus> {
  await (await coordinator.get(`/v1/runs/${id}/metrics?follow=1`)).text();
  return find(id);
}

async function cancel(id: string): Promise<RunStatus> {
  expect((await coordinator.post(`/v1/runs/${id}/cancel`)).status).toBe(200);
  return untilEnded(id);
}
