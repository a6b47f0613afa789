// Goal: callers without the key learn nothing, change nothing, and cannot keep callers with the key from working.
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorBodySchema } from '#protocol/error-body.js';
import {
  apiKey,
  runDocument,
  startTestCoordinator,
  openHome,
  type CoordinatorHome,
  type TestCoordinator,
} from '../support/coordinator.js';

let home: CoordinatorHome;
let local: TestCoordinator;
let open: TestCoordinator;

beforeAll(async () => {
  home = await openHome();
  local = await startTestCoordinator(home.settings);
  open = await startTestCoordinator({
    ...home.settings,
    TANDEM_HOST: '0.0.0.0',
    TANDEM_STORE: `file:${home.directory}/open`,
  });
});
afterAll(async () => {
  await Promise.all([local?.close(), open?.close()]);
  await home?.close();
});

const wrong = { 'x-api-key': 'another-key-altogether' };

describe('a coordinator that other machines can reach', () => {
  it.each([
    '/',
    '/docs',
    '/docs/',
    '/docs-json',
    '/docs/swagger-ui.css',
    '/metrics',
    '/v1/runs',
    '/v1/elsewhere',
    '/Health/live/..%2f..%2fmetrics',
  ])('%s needs the key', async (path) => {
    expect((await open.get(path, {})).status).toBe(401);
    expect((await open.get(path)).status).not.toBe(401);
  });

  it('tells a stranger that it runs and whether it is ready, and no more', async () => {
    expect(await (await open.get('/health/live', {})).json()).toEqual({ live: true });
    expect(await (await open.get('/health/ready', {})).json()).toEqual({ ready: true });
    expect(await (await open.get('/health/ready')).json()).toMatchObject({
      ready: true,
      parts: { redis: { ok: true } },
    });
    // A wrong key is refused here too, so that it does not look as if it were right.
    expect((await open.get('/health/ready', wrong)).status).toBe(401);
  });

  it('lets a browser open the API description, and nothing else, with the key as password', async () => {
    const basic = { authorization: `Basic ${Buffer.from(`any:${apiKey}`).toString('base64')}` };
    expect((await open.get('/docs', {})).headers.get('www-authenticate')).toMatch(/^Basic/);
    expect((await open.get('/docs', basic)).status).toBe(200);
    expect((await open.get('/v1/runs', basic)).status).toBe(401);
  });
});

describe('on loopback', () => {
  it.each(['/', '/docs', '/docs-json', '/metrics'])(
    '%s is open, but not to a web page whose host name resolves to this machine',
    async (path) => {
      expect(await statusOf(local, path, { host: 'localhost:7400' })).toBe(200);
      expect(await statusOf(local, path, { host: 'rebound.example:7400' })).toBe(401);
    },
  );
});

it('on loopback nothing is open to who comes through a proxy of this machine', async () => {
  for (const header of ['x-forwarded-for', 'forwarded'])
    expect([header, await statusOf(local, '/docs-json', { host: 'localhost', [header]: 'for=192.0.2.1' })]).toEqual([
      header,
      401,
    ]);
  expect(await statusOf(local, '/docs-json', { host: 'localhost' })).toBe(200);
});

describe('the key is checked first', () => {
  it.each([
    ['malformed', '{"name":'],
    ['too large', JSON.stringify('x'.repeat(2 ** 21))],
  ])('a body that is %s is not parsed without the key', async (_, body) => {
    const answer = await fetch(`${local.url}/v1/runs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    }).catch((error: unknown) => error);
    // The connection may be closed while the rest of the body is still being sent.
    if (answer instanceof Response) expect(answer.status).toBe(401);
  });

  it.each([
    ['POST', '/health/live'],
    ['POST', '/docs'],
    ['DELETE', '/health/ready'],
    ['PUT', '/'],
  ])('without the key nobody is read to: %s %s with a body is refused', async (method, path) => {
    const answer = await fetch(`${local.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(['a body']),
    });
    expect(answer.status).toBe(401);
  });

  it('nor to a GET that brings a body', async () => {
    expect(await statusOf(local, '/health/live', { 'content-length': '2' }, '[]')).toBe(401);
    expect(await statusOf(local, '/health/live', { 'transfer-encoding': 'chunked' }, '[]')).toBe(401);
    expect(await statusOf(local, '/health/live', {})).toBe(200);
  });

  it("every answer has a request id: the caller's own if it sent a valid one", async () => {
    const [first, second] = [await local.get('/health/live', {}), await local.get('/v1/runs', {})];
    expect(first.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
    expect((await local.get('/health/live', { 'x-request-id': 'trace-0001' })).headers.get('x-request-id')).toBe(
      'trace-0001',
    );
    expect((await local.get('/health/live', { 'x-request-id': 'x'.repeat(65) })).headers.get('x-request-id')).toMatch(
      /^[0-9a-f-]{36}$/,
    );
  });

  it('wrong keys are throttled, while the right key is always accepted', async () => {
    const statuses = [];
    for (let call = 0; call < 60; call++) statuses.push((await local.get('/v1/runs', wrong)).status);
    expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401));
    expect(statuses.slice(-10)).toEqual(Array(10).fill(429));
    const answer = await local.get('/v1/runs', wrong);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(errorBodySchema.parse(await answer.json())).toMatchObject({ code: 'THROTTLED', retryable: true });
    expect((await local.get('/v1/runs')).status).toBe(200);
  });
});

describe('documents', () => {
  const brackets = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  const post = (body: string): Promise<Response> =>
    fetch(`${local.url}/v1/runs`, {
      method: 'POST',
      headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
      body,
    });

  it.each(['name', 'model', 'data', 'steps', 'evaluation', 'train', 'no-such-key'])(
    '100,000 brackets in %s are refused',
    async (key) => {
      const answer = await post(
        JSON.stringify({ ...runDocument(), [key]: 'HERE' }).replace('"HERE"', brackets(100_000)),
      );
      expect(answer.status).toBe(422);
      expect(errorBodySchema.parse(await answer.json())).toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('inside one another'),
      });
    },
  );

  it.each([
    ['a million wrong entries', () => ({ ...runDocument(), evaluation: { zeroShot: Array(400_000).fill(1) } })],
    ['nine thousand wrong entries', () => ({ ...runDocument(), train: { only: Array(9000).fill(1) } })],
    [
      'nine thousand unknown keys',
      () => ({
        ...runDocument(),
        ...Object.fromEntries(Array.from({ length: 9000 }, (_, key) => [`unknown-key-of-some-length-${key}`, 1])),
      }),
    ],
    ['a long wrong value', () => ({ ...runDocument(), batch: 'x'.repeat(900_000) })],
    ['a long model name', () => ({ ...runDocument(), model: 'x'.repeat(900_000) })],
    [
      'a model that no machine holds',
      () => ({
        ...runDocument(),
        model: {
          ...(runDocument().model as object),
          vision_cfg: { image_size: 16, layers: 128, width: 8192, patch_size: 8 },
        },
      }),
    ],
    ['a pattern of many stars', () => ({ ...runDocument(), train: { only: ['*a'.repeat(9)] } })],
    ['many patterns', () => ({ ...runDocument(), train: { only: Array.from({ length: 101 }, () => 'text') } })],
    [
      'many patterns of nothing',
      () => ({
        ...runDocument(),
        train: { only: Array.from({ length: 100 }, (_, row) => `${'*a'.repeat(8)}${row}`) },
      }),
    ],
  ])('%s: the refusal is short', async (_, document) => {
    const answer = await post(JSON.stringify(document()));
    expect(answer.status).toBe(422);
    expect((await answer.text()).length).toBeLessThan(20_000);
  });
});

function statusOf(
  { url }: TestCoordinator,
  path: string,
  headers: Record<string, string>,
  body?: string,
): Promise<number> {
  return new Promise((resolve, reject) => {
    request(`${url}${path}`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end(body);
  });
}
