import type { EvaluationResult } from '#protocol/run/evaluation-result.js';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { errorBodySchema } from '#protocol/error-body.js';
import {
  apiKey,
  runDocument,
  startTestCoordinator,
  openHome,
  type CoordinatorHome,
  type TestCoordinator,
} from '../support/coordinator.js';
import { startRedis } from '../support/servers/redis.js';

let home: CoordinatorHome;
let coordinator: TestCoordinator;

beforeAll(async () => {
  home = await openHome();
  coordinator = await startTestCoordinator(home.settings);
});

afterAll(async () => {
  await coordinator?.close();
  await home?.close();
});

test.each([
  ['no key', {}, 'got none'],
  ['another key', { 'x-api-key': 'another-key-altogether' }, 'got another'],
  ['another bearer token', { authorization: 'Bearer another-key-altogether' }, 'got another'],
  ['the key in another scheme', { authorization: `Basic ${apiKey}` }, 'got none'],
])('a call with %s is refused', async (_, headers, message) => {
  for (const path of ['/v1/runs', '/v1/workers', '/v1/runs/any/metrics']) {
    const answer = await coordinator.get(path, headers);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(errorBodySchema.parse(await answer.json())).toMatchObject({
      code: 'UNAUTHORISED',
      message: expect.stringContaining(message),
    });
  }
});

test.each([[{ 'x-api-key': apiKey }], [{ authorization: `Bearer ${apiKey}` }]])(
  'the key opens the API in %o',
  async (headers) => {
    expect((await coordinator.get('/v1/runs', headers as Record<string, string>)).status).toBe(200);
  },
);

test('on loopback: root, health, API description and metrics need no key', async () => {
  for (const path of ['/', '/health/live', '/health/ready', '/docs', '/docs-json', '/metrics']) {
    expect([path, (await coordinator.get(path, {})).status]).toEqual([path, 200]);
  }
});

test('an error is problem+json, with what earlier clients read', async () => {
  const answer = await coordinator.get('/v1/runs/nobody');
  expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'application/problem+json; charset=utf-8']);
  expect(await answer.json()).toMatchObject({
    type: 'urn:tandem:problem:not-found',
    title: 'Not Found',
    status: 404,
    detail: expect.stringContaining('nobody'),
    code: 'NOT_FOUND',
    message: expect.stringContaining('nobody'),
    help: expect.any(String),
    retryable: false,
    context: { run: 'nobody' },
  });
});

test.each(['/', '/docs', '/v1/runs', '/v1/elsewhere', '/health/live'])(
  '%s tells a browser what not to do',
  async (path) => {
    const { headers } = await coordinator.get(path);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-security-policy': expect.stringMatching(/default-src 'self'.*frame-ancestors 'none'/),
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    expect(headers.get('cache-control')).toBe(path.startsWith('/v1/') ? 'no-store' : headers.get('cache-control'));
    expect([headers.get('x-powered-by'), headers.get('strict-transport-security')]).toEqual([null, null]);
  },
);

test('the root lists exactly the endpoints of the API description', async () => {
  const { endpoints } = (await (await coordinator.get('/', {})).json()) as { endpoints: Record<string, string> };
  const { paths } = (await (await coordinator.get('/docs-json', {})).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  );
  expect(described.sort()).toEqual(
    Object.keys(endpoints)
      .filter((name) => name !== 'GET /docs')
      .sort(),
  );
});

test('the API description of a run document comes from the schema that validates it', async () => {
  const document = (await (await coordinator.get('/docs-json', {})).json()) as {
    paths: Record<string, Record<string, Operation>>;
    components: {
      securitySchemes: unknown;
      schemas: Record<string, { required: string[]; properties: Record<string, unknown> }>;
    };
  };
  const submit = document.paths['/v1/runs']!['post']!;
  expect(submit.requestBody.content['application/json'].schema).toEqual({ $ref: '#/components/schemas/RunDocument' });
  const { TrainingDocument, DownloadDocument, CountDocument } = document.components.schemas;
  expect(CountDocument!.required).toEqual(['name', 'store', 'queries']);
  expect(DownloadDocument!.required).toEqual(['name', 'store', 'download']);
  expect(TrainingDocument!.required).toEqual(['name', 'model', 'data', 'batch', 'steps']);
  expect(TrainingDocument!.properties['batch']).toMatchObject({
    minimum: 2,
    description: 'Global batch size N: pairs per step.',
  });
  expect(Object.keys(submit.responses)).toEqual(expect.arrayContaining(['201', '401', '422']));
  expect(submit.security).toContainEqual({ 'api-key': [] });
  expect(document.components.securitySchemes).toMatchObject({
    'api-key': { in: 'header', name: 'x-api-key' },
    bearer: { scheme: 'bearer' },
  });
});

interface Operation {
  requestBody: {
    content: { 'application/json': { schema: unknown } };
  };
  responses: Record<string, unknown>;
  security: unknown[];
}

test('a wrong method is answered with those there are, a wrong body type with the right one', async () => {
  const call = (method: string, path: string, more: RequestInit = {}): Promise<Response> =>
    fetch(`${coordinator.url}${path}`, { method, ...more, headers: { 'x-api-key': apiKey, ...more.headers } });
  for (const [method, path, allowed] of [
    ['PUT', '/v1/runs', 'GET, HEAD, POST'],
    ['DELETE', '/v1/workers', 'GET, HEAD'],
    ['GET', '/v1/runs/check/cancel', 'POST'],
    ['PATCH', '/v1/runs/some-run', 'DELETE, GET, HEAD'],
    ['POST', '/docs-json', 'GET, HEAD'],
  ] as const) {
    const answer = await call(method, path);
    expect([method, path, answer.status, answer.headers.get('allow')]).toEqual([method, path, 405, allowed]);
    expect(errorBodySchema.parse(await answer.json()).message).toContain(method);
  }
  expect((await call('PUT', '/v1/elsewhere')).status).toBe(404);
  for (const path of [
    '/v1/runs',
    '/v1/runs/check',
    '/v1/runs/some-run/resume',
    '/v1/keys',
    '/v1/runs/some-run/predict',
  ]) {
    const answer = await call('POST', path, { body: 'name: tiny', headers: { 'content-type': 'application/yaml' } });
    expect([path, answer.status]).toEqual([path, 415]);
    expect(errorBodySchema.parse(await answer.json()).message).toContain('application/yaml');
  }
});

test('the Prometheus metrics follow the run', async () => {
  const { id } = (await (await coordinator.post('/v1/runs', runDocument())).json()) as { id: string };
  const training = await coordinator.trainer.next();
  training.prepare();
  training.step(1, { loss: 2 });
  training.onEvent({ kind: 'pool', what: 'joined', reason: 'worker b joined' });
  training.onEvent({ kind: 'pool', what: 'lost', reason: 'worker a was silent for 3000 ms' });
  training.step(2, { loss: 1.5, retries: 4 });
  training.onEvent({
    kind: 'evaluation',
    result: { kind: 'zero-shot', name: 'seen', step: 2, classes: 10, images: 20, top1: 0.5, top5: 0.9, chance: 0.1 },
  });
  const base = { step: 2, images: 20, classes: 10, chance: 0.1 };
  const [recall, points] = [{ r1: 0.25, r5: 0.5, r10: 1, medianRank: 5 }, [{ shots: 4, mean: 0.75, deviation: 0.1 }]];
  for (const result of [
    { kind: 'linear-probe', name: 'probe', ...base, top1: 0.7, top5: 0.8, meanPerClass: 0.6, lambda: 1 },
    { kind: 'few-shot', name: 'few', ...base, points },
    { kind: 'retrieval', name: 'found', step: 2, images: 20, captions: 40, textOfImage: recall, imageOfText: recall },
  ] as const)
    training.onEvent({ kind: 'evaluation', result: result as EvaluationResult });
  const wrong = { worker: 'w', task: 't', reason: 'Worker w computes wrongly.' };
  training.onEvent({ kind: 'miscomputed', ...wrong });
  expect(await (await coordinator.get(`/v1/runs/${id}`)).json()).toMatchObject({
    state: 'training',
    reason: wrong.reason,
  });
  const text = await (await coordinator.get('/metrics', {})).text();
  for (const line of [
    `tandem_wrong_results_total{run="${id}"} 1`,
    `tandem_loss{run="${id}"} 1.5`,
    `tandem_logit_scale{run="${id}"} 14.5`,
    `tandem_pairs_total{run="${id}"} 16`,
    `tandem_skipped_samples_total{run="${id}"} 4`,
    `tandem_retries_total{run="${id}"} 5`,
    `tandem_bytes_total{run="${id}",direction="out"} 4000`,
    `tandem_step_seconds_count{run="${id}",phase="encode"} 2`,
    `tandem_step_seconds_sum{run="${id}",phase="step"} 0.2`,
    `tandem_zero_shot_accuracy{run="${id}",evaluation="seen",k="5"} 0.9`,
    `tandem_linear_probe_accuracy{run="${id}",evaluation="probe",k="1"} 0.7`,
    `tandem_few_shot_accuracy{run="${id}",evaluation="few",shots="4"} 0.75`,
    `tandem_retrieval_recall{run="${id}",evaluation="found",direction="image",k="10"} 1`,
    'tandem_workers{state="idle"} 0',
    'tandem_runs{state="training"} 1',
    'tandem_tasks_outstanding 3',
    'tandem_heartbeats_missed_total 7',
    `tandem_recovery_seconds_count{run="${id}"} 1`,
    'tandem_unreadable_messages_total{kind="worker record"} 4',
    'tandem_unreadable_messages_total{kind="answer"} 0',
    'tandem_unreadable_messages_total{kind="task"} 1',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
  expect(text).toMatch(/^tandem_event_loop_stall_seconds_count \d/m);
  expect(text).toContain('process_resident_memory_bytes');
  await coordinator.post(`/v1/runs/${id}/cancel`);
});

test('readiness says which part is down, and recovers when it is up again', async () => {
  const own = await startRedis();
  const watched = await startTestCoordinator({
    ...home.settings,
    TANDEM_STORE: `file:${home.directory}/watched`,
    REDIS_URL: own.url,
  });
  expect((await watched.get('/health/ready')).status).toBe(200);
  await own.stop();
  // The last answer is reused for a moment.
  await expect.poll(async () => (await watched.get('/health/ready')).status, { timeout: 10_000 }).toBe(503);
  const answer = await watched.get('/health/ready', {});
  expect(await answer.json()).toEqual({
    ready: false,
    parts: { redis: { ok: false, reason: expect.stringContaining(own.url) }, store: { ok: true, reason: '' } },
  });
  expect((await watched.get('/health/live', {})).status).toBe(200);

  const back = await startRedis(own.port);
  await expect.poll(async () => (await watched.get('/health/ready', {})).status, { timeout: 10_000 }).toBe(200);
  await watched.close();
  await back.stop();
});

test('a key that is made at the first start is valid after the next, and is stored only as a hash', async () => {
  const dataDir = join(home.directory, 'zero-config');
  const store = `file:${dataDir}/store`;
  const zeroConfig = { ...home.settings, TANDEM_API_KEY: '', TANDEM_DATA_DIR: dataDir, TANDEM_STORE: store };
  const first = await startTestCoordinator(zeroConfig);
  const made = first.madeKey!;
  expect(made).toMatch(/^tandem_[\w-]{43}$/);
  await first.close();
  const second = await startTestCoordinator(zeroConfig);
  expect(second.madeKey).toBeUndefined();
  expect((await second.get('/v1/runs', { 'x-api-key': made })).status).toBe(200);
  expect((await second.get('/v1/runs')).status).toBe(401);
  await second.close();
  const kept = join(dataDir, 'api-key.json');
  expect(await readFile(kept, 'utf8')).not.toContain(made.slice('tandem_'.length));
  expect((await stat(kept)).mode & 0o777).toBe(0o600);
});
