// Goal: ended runs beyond the limits of the settings go, with their blobs; none that may go on does, nor one whose
// weights another needs. Method: a real coordinator on a real store, whose trainings the test controls.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditPageSchema, type AuditEntry } from '#protocol/access/audit-entry.js';
import type { RunConfigInput } from '#protocol/run/run-config.js';
import type { RunStatus } from '#protocol/run/run-status.js';
import { openStore } from '#store/open-store.js';
import { runKeys, runsPrefix } from '#store/run/keys.js';
import type { Store } from '#store/store.js';
import {
  openHome,
  runDocument,
  startTestCoordinator,
  type CoordinatorHome,
  type TestCoordinator,
} from '../support/coordinator.js';

let home: CoordinatorHome;
let store: Store;
beforeAll(async () => {
  home = await openHome();
  store = openStore(home.settings['TANDEM_STORE']!);
});
afterAll(() => home?.close());

test('completed runs beyond the number go with all their blobs; the audit log says which and why', async () => {
  const coordinator = await startTestCoordinator({ ...home.settings, TANDEM_KEEP_RUNS: '1' });
  const needed = await complete(coordinator, 'needed');
  const failed = await submit(coordinator, 'failed');
  (await coordinator.trainer.next()).fail(new Error('a defect'));
  const weights = `${store.url}/${runKeys(needed).checkpoint(3, 1)}`;
  const underWay = await submit(coordinator, 'under-way', { init: weights });
  await coordinator.trainer.next();

  const oldest = await complete(coordinator, 'oldest');
  const newest = await complete(coordinator, 'newest');
  await expect.poll(() => listed(coordinator)).toEqual([newest, underWay, failed, needed]);
  await expect.poll(() => blobsOf(oldest)).toEqual([]);
  expect(await blobsOf(needed)).not.toEqual([]);
  const removals = async (): Promise<AuditEntry[]> =>
    auditPageSchema
      .parse(await (await coordinator.get('/v1/audit')).json())
      .entries.filter(({ key }) => key.id === 'coordinator');
  await expect.poll(removals).toMatchObject([{ action: 'DELETE /v1/runs/:id', subject: oldest, status: 204 }]);
  expect((await removals())[0]!.reason).toMatch(
    /^It is completed since .*, and the 1 newest are kept \(TANDEM_KEEP_RUNS\)\.$/,
  );
  await coordinator.close();
});

test('a start removes what newer settings are against, also runs that could be resumed if they say so', async () => {
  const before = await startTestCoordinator({ ...home.settings, TANDEM_RESUME: 'manual' });
  const underWay = (await listed(before)).find((id) => id.startsWith('under-way'))!;
  const kept = await complete(before, 'last');
  expect((await listed(before)).length).toBe(5);
  await before.close();

  const settings = { ...home.settings, TANDEM_RESUME: 'manual', TANDEM_KEEP_RUNS: '1', TANDEM_KEEP_RUNS_OF: 'ended' };
  const after = await startTestCoordinator(settings);
  const needed = (id: string): boolean => id.startsWith('needed');
  await expect.poll(async () => (await listed(after)).filter((id) => !needed(id))).toEqual([kept, underWay]);
  expect((await listed(after)).some(needed)).toBe(true);
  // Once the run that needs it is gone, it goes too.
  expect((await after.delete(`/v1/runs/${underWay}`)).status).toBe(204);
  await complete(after, 'one-more');
  await expect.poll(async () => (await listed(after)).length).toBe(1);
  const others = async (): Promise<string[]> => (await blobsOf()).filter((key) => !key.startsWith('runs/one-more'));
  await expect.poll(others).toEqual([]);
  await after.close();
});

async function submit(coordinator: TestCoordinator, name: string, change: Partial<RunConfigInput> = {}) {
  const answer = await coordinator.post('/v1/runs', runDocument({ name, ...change }));
  const run = (await answer.json()) as RunStatus;
  expect(answer.status, JSON.stringify(run)).toBe(201);
  return run.id;
}

/** A run that has completed, with blobs as training leaves them. */
async function complete(coordinator: TestCoordinator, name: string): Promise<string> {
  const id = await submit(coordinator, name);
  const training = await coordinator.trainer.next();
  training.prepare();
  training.step(3);
  for (const key of [`${runKeys(id).checkpoint(3, 1)}/parameters.safetensors`, runKeys(id).journal(2)])
    await store.put(key, new Uint8Array(100));
  training.complete();
  return id;
}

async function listed(coordinator: TestCoordinator): Promise<string[]> {
  const { runs } = (await (await coordinator.get('/v1/runs')).json()) as { runs: RunStatus[] };
  return runs.map(({ id }) => id);
}

async function blobsOf(id?: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.list(id === undefined ? runsPrefix : runKeys(id).prefix)) keys.push(key);
  return keys;
}
