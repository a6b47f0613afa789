// Goal: however many runs have ended, the coordinator keeps the newest in memory and every one in the store.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRunRegistry, registryLimits, type RunRegistry } from '../../apps/coordinator/src/runs/run-registry.js';
import { modelZoo } from '#model/zoo/presets.js';
import { parseRunConfig } from '#protocol/run/run-config.js';
import { openStore } from '#store/open-store.js';
import { runKeys } from '#store/run/keys.js';
import { runDocument, temporaryDirectory } from '../support/coordinator.js';
import { scriptedTrainer } from '../support/scripted-trainer.js';

const endedRuns = 2;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
});
afterAll(() => directory?.remove());

test('ended runs beyond the limit are listed no more, neither now nor after the next start', async () => {
  const store = openStore(`file:${directory.path}`);
  const open = async (): Promise<RunRegistry> =>
    openRunRegistry({
      trainer: await (await scriptedTrainer().open(undefined as never, undefined as never)).start(),
      store,
      openStore,
      checkPlaces: () => Promise.resolve(),
      checkDisk: () => Promise.resolve(),
      checkMemory: () => undefined,
      haveRoom: () => true,
      runsAtOnce: 1,
      epoch: 1,
      checkOwner: () => Promise.resolve(),
      resume: 'auto',
      now: () => new Date(Date.UTC(2026, 0, 1, 0, 0, ++seconds)),
      newId: (name) => name,
      limits: { ...registryLimits, endedRuns },
      retention: { runs: undefined, days: undefined, states: ['completed'] },
      onChange: () => undefined,
      onExpired: ({ id }) => expect.unreachable(id),
      onError: (error) => expect.unreachable(error.message),
    });
  let seconds = 0;
  const registry = await open();
  const names = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh'];
  for (const name of names.slice(0, -1)) {
    await registry.submit(parseRunConfig(runDocument({ name }), modelZoo));
    registry.cancel(name);
    await expect.poll(() => registry.find(name).state).toBe('cancelled');
  }
  // The limit is looked after when a run is submitted.
  await registry.submit(parseRunConfig(runDocument({ name: 'seventh' }), modelZoo));
  expect(registry.list(10).runs.map(({ id }) => id)).toEqual(['seventh', 'sixth', 'fifth']);
  expect(() => registry.find('first')).toThrow('expected the id of a run');
  expect(registry.cancel('seventh')).toBeDefined();
  await expect.poll(() => registry.find('seventh').state).toBe('cancelled');
  await registry.close(0);

  const again = await open();
  expect(again.list(10).runs.map(({ id }) => id)).toEqual(['seventh', 'sixth']);
  await again.close(0);
  for (const name of names) expect(await store.size(runKeys(name).status)).toBeGreaterThan(0);
});
