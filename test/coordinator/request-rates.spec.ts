// Goal: a caller that asks too fast is told when to come back, and keeps nobody else from working.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { madeKeySchema } from '#protocol/access/api-key.js';
import { errorBodySchema } from '#protocol/error-body.js';
import { startOwnCoordinator, type OwnCoordinator } from '../support/coordinator.js';

const perSecond = 5;
let coordinator: OwnCoordinator;
beforeAll(async () => {
  coordinator = await startOwnCoordinator({
    TANDEM_KEY_REQUESTS_PER_SECOND: String(perSecond),
    TANDEM_ADDRESS_REQUESTS_PER_SECOND: String(perSecond),
  });
});
afterAll(() => coordinator?.close());

/** Asks until it is refused, and returns how many were answered, and the refusal. */
async function flood(path: string, headers: Record<string, string>): Promise<[number, Response]> {
  for (let count = 0; ; count++) {
    expect(count).toBeLessThan(1000);
    const answer = await coordinator.get(path, headers);
    if (answer.status === 429) return [count, answer];
  }
}

it('one key is limited, and the others and those without a key are not', async () => {
  const made = await coordinator.post('/v1/keys', { name: 'eager', scope: 'read' });
  const { key } = madeKeySchema.parse(await made.json());
  const [count, refusal] = await flood('/v1/runs', { 'x-api-key': key });
  expect(count).toBeGreaterThanOrEqual(2 * perSecond);
  expect(refusal.headers.get('retry-after')).toBe('1');
  expect(errorBodySchema.parse(await refusal.json())).toMatchObject({
    code: 'THROTTLED',
    retryable: true,
    message: expect.stringContaining('5 requests a second with one key'),
    help: expect.stringContaining('TANDEM_KEY_REQUESTS_PER_SECOND'),
  });
  expect((await coordinator.get('/v1/runs')).status).toBe(200);
  expect((await coordinator.get('/', {})).status).toBe(200);
});

it("the page's files are limited by their address, those that are there and those that are not", async () => {
  const html = { accept: 'text/html' };
  const page = await (await coordinator.get('/', html)).text();
  const script = /src="\.(\/assets\/[^"]+)"/.exec(page)![1]!;
  for (const [path, headers] of [
    ['/', html],
    [script, {}],
    ['/assets/missing.js', {}],
  ] as const) {
    const [count, refusal] = await flood(path, headers);
    expect(count).toBeLessThan(1000);
    expect(errorBodySchema.parse(await refusal.json()).help).toContain('TANDEM_ADDRESS_REQUESTS_PER_SECOND');
  }
  expect((await coordinator.get('/v1/runs')).status).toBe(200);
});

it('requests without a key are limited by their address; health is always answered, and so is a key', async () => {
  const [count, refusal] = await flood('/', {});
  expect(count).toBeLessThan(1000);
  expect(errorBodySchema.parse(await refusal.json()).help).toContain('TANDEM_ADDRESS_REQUESTS_PER_SECOND');
  await flood('/v1/runs', {});
  for (let time = 0; time < 30; time++) expect((await coordinator.get('/health/live', {})).status).toBe(200);
  expect((await coordinator.get('/v1/runs')).status).toBe(200);
});
