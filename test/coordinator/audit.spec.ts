// Goal: whoever changes something is noted, with what came of it; reads and strangers are not.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { madeKeySchema } from '#protocol/access/api-key.js';
import { auditPageSchema, type AuditEntry } from '#protocol/access/audit-entry.js';
import { apiKey, runDocument, startOwnCoordinator, type OwnCoordinator } from '../support/coordinator.js';

let coordinator: OwnCoordinator;
beforeAll(async () => void (coordinator = await startOwnCoordinator()));
afterAll(() => coordinator?.close());

async function entries(): Promise<AuditEntry[]> {
  return auditPageSchema.parse(await (await coordinator.get('/v1/audit')).json()).entries;
}

const call = (method: string, path: string, headers: Record<string, string>, body?: unknown): Promise<Response> =>
  fetch(`${coordinator.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

it('what was done, by whom, to what, and what was refused', async () => {
  const made = madeKeySchema.parse(await (await coordinator.post('/v1/keys', { name: 'ci', scope: 'submit' })).json());
  const key = { 'x-api-key': made.key };
  const { id } = (await (await call('POST', '/v1/runs', key, runDocument())).json()) as { id: string };
  await coordinator.trainer.next();
  await call('POST', `/v1/runs/${id}/cancel`, { ...key, 'x-request-id': 'trace-0001' });
  await call('DELETE', `/v1/runs/${id}`, key);
  await call('POST', '/v1/runs', key, { name: 'bad' });
  await call('POST', '/v1/runs', { 'x-api-key': 'another-key-altogether' }, runDocument());
  await call('GET', `/v1/runs/${id}`, key);
  await call('POST', '/session', {}, { key: made.key });
  await call('POST', '/session', {}, { key: 'another-key-altogether' });
  await coordinator.delete(`/v1/keys/${made.id}`);

  const ci = { key: { id: made.id, name: 'ci', scope: 'submit' }, address: expect.stringContaining('127.0.0.1') };
  await expect.poll(entries).toMatchObject([
    { action: 'DELETE /v1/keys/:id', subject: made.id, status: 204, key: { id: 'first' } },
    { ...ci, action: 'POST /session', subject: null, status: 204, session: true },
    { ...ci, action: 'POST /v1/runs', subject: null, status: 422 },
    { ...ci, action: 'DELETE /v1/runs/:id', subject: id, status: 403 },
    { ...ci, action: 'POST /v1/runs/:id/cancel', subject: id, status: 200, requestId: 'trace-0001', session: false },
    { ...ci, action: 'POST /v1/runs', subject: id, status: 201 },
    { action: 'POST /v1/keys', subject: made.id, status: 201, key: { id: 'first', scope: 'admin' } },
  ]);
  expect(JSON.stringify(await entries())).not.toMatch(new RegExp(`${made.key}|${apiKey}`));
});

it('a flood of refusals does not push out what was done', async () => {
  const before = (await entries())[0]!.number;
  for (let time = 0; time < 150; time++) await coordinator.delete('/v1/runs/nothing');
  await coordinator.post('/v1/keys', { name: 'after the flood', scope: 'read' });
  await expect.poll(async () => (await entries())[0]).toMatchObject({ action: 'POST /v1/keys', status: 201 });
  const { number } = (await entries())[0]!;
  expect(number - before).toBeGreaterThan(50);
  expect(number - before).toBeLessThan(150);
});

it('pages go on where the one before ended', async () => {
  const first = auditPageSchema.parse(await (await coordinator.get('/v1/audit?limit=2')).json());
  const second = auditPageSchema.parse(await (await coordinator.get(`/v1/audit?limit=2&before=${first.next}`)).json());
  const numbers = [...first.entries, ...second.entries].map(({ number }) => number);
  expect(numbers).toEqual(Array.from({ length: 4 }, (_, at) => numbers[0]! - at));
});
