// Goal: what a run that ended by bad numbers computed with is kept until the run is removed. Method: a real coordinator
// with its store; the test puts the blobs of the step there and ends the training.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runStatusSchema, type RunStatus } from '#protocol/run/run-status.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { runKeys } from '#store/run/keys.js';
import type { Store } from '#store/store.js';
import { runDocument, startOwnCoordinator, type TestCoordinator } from '../support/coordinator.js';

let coordinator: TestCoordinator;
beforeAll(async () => void (coordinator = await startOwnCoordinator()));
afterAll(() => coordinator?.close());

it('the blobs of a step that was not finite stay when the run has failed, and go when it is removed', async () => {
  const { id } = runStatusSchema.parse(await (await coordinator.post('/v1/runs', runDocument())).json());
  const training = await coordinator.trainer.next();
  training.prepare();
  const { prefix, parameters, gradients } = runKeys(id).step(0, training.epoch);
  for (const key of [parameters, gradients(0, 1, 'w')]) await training.store.put(key, Uint8Array.of(1));
  const help = `The step's parameters are in ${training.store.url}/${prefix}.`;
  training.fail(new TandemError({ code: ErrorCode.NonFinite, message: 'Stopped before the update of step 0', help }));
  await expect.poll(() => find(id)).toMatchObject({ state: 'failed', error: { code: 'NON_FINITE', help } });
  expect(await keysIn(training.store, prefix)).toEqual([gradients(0, 1, 'w'), parameters]);
  expect((await coordinator.delete(`/v1/runs/${id}`)).status).toBe(204);
  expect(await keysIn(training.store, runKeys(id).prefix)).toEqual([]);
});

async function find(id: string): Promise<RunStatus> {
  return runStatusSchema.parse(await (await coordinator.get(`/v1/runs/${id}`)).json());
}

async function keysIn(store: Store, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.list(prefix)) keys.push(key);
  return keys;
}
