// Goal: the web page logs in with a key and gets a cookie that no script reads and no other site can use.
import { request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { errorBodySchema } from '#protocol/error-body.js';
import { apiKey, runDocument, startOwnCoordinator, type OwnCoordinator } from '../support/coordinator.js';

let coordinator: OwnCoordinator;
beforeAll(async () => void (coordinator = await startOwnCoordinator()));
afterAll(() => coordinator?.close());

const page = { 'x-tandem-page': '1' };

function send(method: string, path: string, headers: Record<string, string>, body?: unknown): Promise<Response> {
  return fetch(`${coordinator.url}${path}`, {
    method,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

async function login(): Promise<string> {
  const answer = await send('POST', '/session', {}, { key: apiKey });
  expect(answer.status).toBe(204);
  const [set] = answer.headers.getSetCookie();
  expect(set).toMatch(/^tandem_session=[\w-]{43}; HttpOnly; SameSite=Strict; Max-Age=43200$/);
  return set!.split(';')[0]!;
}

it('a key becomes a session, which opens the API until it is closed', async () => {
  expect((await send('GET', '/session', {})).status).toBe(401);
  const cookie = await login();
  const shown = await send('GET', '/session', { cookie });
  expect([shown.status, await shown.json()]).toEqual([200, { scopes: ['read', 'submit', 'admin'] }]);
  expect((await send('GET', '/v1/runs', { cookie: `theme=dark; ${cookie}` })).status).toBe(200);

  const closed = await send('DELETE', '/session', { cookie, ...page });
  expect([closed.status, closed.headers.getSetCookie()[0]]).toEqual([204, expect.stringContaining('Max-Age=0')]);
  for (const path of ['/session', '/v1/runs']) expect((await send('GET', path, { cookie })).status).toBe(401);
});

it('with the cookie, a request that changes something needs the header that only the page can send', async () => {
  const cookie = await login();
  for (const [method, path] of [
    ['POST', '/v1/runs'],
    ['DELETE', '/v1/runs/some'],
    ['DELETE', '/session'],
  ] as const) {
    const refused = await send(method, path, { cookie }, runDocument());
    expect(refused.status).toBe(403);
    expect(errorBodySchema.parse(await refused.json())).toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringContaining('x-tandem-page'),
    });
  }
  expect((await send('GET', '/session', { cookie })).status).toBe(200);
  const submitted = await send('POST', '/v1/runs', { cookie, ...page }, runDocument());
  expect(submitted.status).toBe(201);
  await coordinator.trainer.next();
  const { id } = (await submitted.json()) as { id: string };
  expect((await send('POST', `/v1/runs/${id}/cancel`, { cookie, ...page })).status).toBe(200);
});

it('a wrong key opens nothing and counts as wrong keys do; an old cookie is none', async () => {
  const statuses = [];
  for (let call = 0; call < 40; call++)
    statuses.push((await send('POST', '/session', {}, { key: 'another-key-altogether' })).status);
  expect([statuses[0], statuses.at(-1)]).toEqual([401, 429]);
  await login();
  const cookie = 'tandem_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
  expect((await send('GET', '/v1/runs', { cookie })).status).toBe(401);
  expect((await send('GET', '/', { cookie })).status).toBe(200);
});

it('of a caller without a key only a short body is read', async () => {
  expect((await send('POST', '/session', {}, { key: 'x'.repeat(5000) })).status).toBe(401);
  expect((await send('POST', '/session', {}, { key: 7 })).status).toBe(422);
  expect((await send('POST', '/session', {}, { key: apiKey, more: 1 })).status).toBe(422);
  expect(await chunked(JSON.stringify({ key: apiKey }))).toBe(401);
});

it('a stream ends when its session does', async () => {
  const cookie = await login();
  const { id } = (await (await coordinator.post('/v1/runs', runDocument())).json()) as { id: string };
  await coordinator.trainer.next();
  const stream = await send('GET', `/v1/runs/${id}/metrics?follow=1`, { cookie });
  const ended = stream.text().catch(() => 'cut off');
  await send('DELETE', '/session', { cookie, ...page });
  await ended;
  expect(await (await coordinator.get(`/v1/runs/${id}`)).json()).toMatchObject({ state: 'preparing' });
});

function chunked(body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
    request(`${coordinator.url}/session`, { method: 'POST', headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end(body);
  });
}
