// Goal: concurrent submissions respect the limit of the queue, and those with one idempotency key give one run.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { errorBodySchema } from '#protocol/error-body.js';
import { runStatusSchema, type RunStatus } from '#protocol/run/run-status.js';
import {
  apiKey,
  runDocument,
  startTestCoordinator,
  openHome,
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

const submit = (name: string, key?: string, url = coordinator.url): Promise<Response> =>
  fetch(`${url}/v1/runs`, {
    method: 'POST',
    headers: {
      'x-api-key': apiKey,
      'content-type': 'application/json',
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    body: JSON.stringify(runDocument({ name })),
  });
const statusOf = async (answer: Response): Promise<RunStatus> => runStatusSchema.parse(await answer.json());

it('calls with one idempotency key give one run: at once, later, and after a restart', async () => {
  const together = await Promise.all(Array.from({ length: 20 }, async () => statusOf(await submit('once', 'key-1'))));
  const ids = new Set(together.map(({ id }) => id));
  expect(ids.size).toBe(1);
  expect((await statusOf(await submit('once', 'key-1'))).id).toBe(together[0]!.id);
  expect((await statusOf(await submit('once', 'key-2'))).id).not.toBe(together[0]!.id);
  await coordinator.close();
  coordinator = await startTestCoordinator(home.settings);
  expect((await statusOf(await submit('once', 'key-1'))).id).toBe(together[0]!.id);
});

it('a key that comes with another document is a conflict, and an invalid key is refused', async () => {
  const answer = await submit('another', 'key-1');
  expect(answer.status).toBe(409);
  expect(errorBodySchema.parse(await answer.json())).toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('Idempotency-Key'),
  });
  expect((await submit('another', 'with space')).status).toBe(422);
  expect((await submit('another', 'x'.repeat(201))).status).toBe(422);
});

it('of 150 concurrent submissions, as many are accepted as the queue may hold', async () => {
  const statuses = await Promise.all(
    Array.from({ length: 150 }, async (_, run) => (await submit(`run-${run}`)).status),
  );
  const accepted = statuses.filter((status) => status === 201).length;
  const { runs } = (await (await coordinator.get('/v1/runs?limit=1000')).json()) as { runs: RunStatus[] };
  expect(runs.filter(({ state }) => state === 'queued').length).toBeLessThanOrEqual(100);
  expect(accepted).toBeGreaterThan(90);
  expect(statuses.filter((status) => status === 409).length).toBe(150 - accepted);
});

it('the id of a run cannot be guessed from that of another', async () => {
  const { runs } = (await (await coordinator.get('/v1/runs?limit=1000')).json()) as { runs: RunStatus[] };
  const suffixes = runs.map(({ id }) => id.split('-').at(-1)!);
  for (const suffix of suffixes) expect(suffix).toMatch(/^[a-z2-7]{16}$/);
  expect(new Set(suffixes).size).toBe(runs.length);
});
