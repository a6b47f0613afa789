// Goal: a key opens what its scope says and nothing else, until it is revoked. Method: every endpoint of the API's
// description is called with a key of every scope.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyListSchema, madeKeySchema, type MadeKey, type NewKey } from '#protocol/access/api-key.js';
import { scopes, scopesOf, type Scope } from '#protocol/access/scope.js';
import { errorBodySchema } from '#protocol/error-body.js';
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
  coordinator = await startTestCoordinator(home.settings);
});
afterAll(async () => {
  await coordinator?.close();
  await home?.close();
});

async function make(wanted: Partial<NewKey> = {}, at = coordinator): Promise<MadeKey> {
  const answer = await at.post('/v1/keys', { name: 'a key', scope: 'read', ...wanted });
  expect(answer.status).toBe(201);
  return madeKeySchema.parse(await answer.json());
}

const call = (method: string, path: string, key: string): Promise<Response> =>
  fetch(`${coordinator.url}${path}`, { method, headers: { 'x-api-key': key } });

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly 'x-tandem-scope'?: Scope | 'any' }>>>>;
}

describe('scopes', () => {
  /** What may be called without any key on loopback, and so with any. */
  const open = ['POST /session', 'GET /health/live', 'GET /health/ready'];
  const endpoints = async (): Promise<{ method: string; path: string; needed: Scope | 'any' | undefined }[]> => {
    const { paths } = (await (await coordinator.get('/docs-json')).json()) as Described;
    return Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        needed: operation['x-tandem-scope'],
      })),
    );
  };

  it('every endpoint declares its scope', async () => {
    const undeclared = (await endpoints()).filter(({ needed }) => needed === undefined);
    expect(undeclared.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(open.toSorted());
  });

  it.each(scopes)('a key of scope %s opens exactly what it should', async (scope) => {
    const { key } = await make({ name: `${scope} key`, scope });
    const found = await endpoints();
    expect(found.length).toBeGreaterThan(12);
    for (const { method, path, needed } of found) {
      const answer = await call(method, path.replace(/\{\w+\}/, 'nothing'), key);
      const may = needed === undefined || needed === 'any' || scopesOf(scope).includes(needed);
      expect([method, path, answer.status === 403]).toEqual([method, path, !may]);
      if (may) continue;
      expect(errorBodySchema.parse(await answer.json())).toMatchObject({
        code: 'FORBIDDEN',
        message: expect.stringContaining(`scope ${needed}, got "${scope} key" with the scope ${scope}`),
      });
    }
  });

  it('a session has the scopes of its key', async () => {
    const { key, id } = await make({ scope: 'submit' });
    const login = await fetch(`${coordinator.url}/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ key }),
    });
    const headers = { cookie: login.headers.getSetCookie()[0]!.split(';')[0]!, 'x-tandem-page': '1' };
    expect(await (await coordinator.get('/session', headers)).json()).toEqual({ scopes: ['read', 'submit'] });
    expect((await coordinator.get('/v1/keys', headers)).status).toBe(403);
    await coordinator.delete(`/v1/keys/${id}`);
    expect((await coordinator.get('/session', headers)).status).toBe(401);
  });
});

it('keys are listed without what opens anything, and used keys with when', async () => {
  const made = await make({ name: 'listed', days: 30 });
  const text = await (await coordinator.get('/v1/keys')).text();
  const { keys } = keyListSchema.parse(JSON.parse(text));
  expect(keys[0]).toMatchObject({ id: 'first', scope: 'admin', lastUsedAt: expect.stringMatching(/Z$/) });
  const { key: _, ...shown } = made;
  expect(keys.find(({ id }) => id === made.id)).toEqual({ ...shown, expired: false, lastUsedAt: null });
  expect(text).not.toContain(made.key.slice('tandem_'.length));
  await call('GET', '/v1/runs', made.key);
  const again = keyListSchema.parse(await (await coordinator.get('/v1/keys')).json()).keys;
  expect(again.find(({ id }) => id === made.id)?.lastUsedAt).not.toBeNull();
});

it('a key that is revoked opens nothing, and a stream that was opened with it ends', async () => {
  const { id, key } = await make();
  const run = (await (await coordinator.post('/v1/runs', runDocument())).json()) as { id: string };
  await coordinator.trainer.next();
  const stream = await coordinator.get(`/v1/runs/${run.id}/metrics?follow=1`, { 'x-api-key': key });
  const ended = stream.text().catch(() => 'cut off');
  expect((await coordinator.delete(`/v1/keys/${id}`)).status).toBe(204);
  expect((await call('GET', '/v1/runs', key)).status).toBe(401);
  await ended;
  expect(await (await coordinator.get(`/v1/runs/${run.id}`)).json()).toMatchObject({ state: 'preparing' });
  expect((await coordinator.delete(`/v1/keys/${id}`)).status).toBe(404);
  expect((await coordinator.delete('/v1/keys/first')).status).toBe(409);
});

it.each([
  [{}, 'name'],
  [{ name: 'x' }, 'scope'],
  [{ name: 'x', scope: 'root' }, 'scope'],
  [{ name: 'a\nline', scope: 'read' }, 'name'],
  [{ name: 'x', scope: 'read', days: 0 }, 'days'],
])('%j is refused: %s', async (body, path) => {
  const answer = await coordinator.post('/v1/keys', body);
  expect(answer.status).toBe(422);
  expect(errorBodySchema.parse(await answer.json()).problems?.map((problem) => problem.path)).toContain(path);
});

it('whoever leads next on the same store knows the keys, and which are revoked', async () => {
  const settings = { ...home.settings, TANDEM_STORE: `file:${home.directory}/shared`, TANDEM_QUEUE_PREFIX: 'shared' };
  const leader = await startTestCoordinator(settings);
  const standby = startTestCoordinator({ ...settings, TANDEM_DATA_DIR: `${home.directory}/other` });
  const [kept, revoked] = [await make({ name: 'kept' }, leader), await make({ name: 'revoked' }, leader)];
  await leader.delete(`/v1/keys/${revoked.id}`);
  await leader.close();
  const next = await standby;
  const statusWith = async (key: string): Promise<number> => (await next.get('/v1/runs', { 'x-api-key': key })).status;
  expect([await statusWith(kept.key), await statusWith(revoked.key)]).toEqual([200, 401]);
  await next.close();
});
