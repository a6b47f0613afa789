// Goal: however many runs have ended, the coordinator keeps the newest in memory and every one in the store, and a
// start reads few of them. Whatever has become of the index that spares the others, no run is lost.
// Method: a registry over a store that counts what is read of it.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRunRegistry, registryLimits, type RunRegistry } from '../../apps/coordinator/src/runs/run-registry.js';
import { queuedRun } from '../../apps/coordinator/src/runs/run-transition.js';
import { modelZoo } from '#model/zoo/presets.js';
import { parseRunConfig } from '#protocol/run/run-config.js';
import type { RunStatus } from '#protocol/run/run-status.js';
import { openStore } from '#store/open-store.js';
import { endedRunsKey, runKeys } from '#store/run/keys.js';
import type { Store } from '#store/store.js';
import { runDocument, temporaryDirectory } from '../support/coordinator.js';
import { scriptedTrainer } from '../support/scripted-trainer.js';

const endedRuns = 2;
/** More than the index may lack, and than are read at once. */
const many = 300;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
});
afterAll(() => directory?.remove());

let seconds = 0;
/** A start of a coordinator that got this epoch. */
async function open(store: Store, epoch: number, errors: string[] = []): Promise<RunRegistry> {
  return openRunRegistry({
    trainer: await (await scriptedTrainer().open(undefined as never, undefined as never)).start(),
    store,
    openStore,
    checkPlaces: () => Promise.resolve(),
    checkDisk: () => Promise.resolve(),
    checkMemory: () => undefined,
    haveRoom: () => true,
    runsAtOnce: 1,
    epoch,
    checkOwner: () => Promise.resolve(),
    resume: 'auto',
    now: () => new Date(Date.UTC(2026, 0, 1, 0, 0, ++seconds)),
    newId: (name) => name,
    limits: { ...registryLimits, endedRuns },
    retention: { runs: undefined, days: undefined, states: ['completed'] },
    onChange: () => undefined,
    onExpired: ({ id }) => expect.unreachable(id),
    onError: ({ message }) => errors.push(message),
  });
}

test('ended runs beyond the limit are listed no more, neither now nor after the next start', async () => {
  const store = openStore(`file:${directory.path}`);
  const registry = await open(store, 1);
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

  const again = await open(store, 2);
  expect(again.list(10).runs.map(({ id }) => id)).toEqual(['seventh', 'sixth']);
  await again.close(0);
  for (const name of names) expect(await store.size(runKeys(name).status)).toBeGreaterThan(0);
});

/** A store in a folder of its own, and how many statuses were read of it. */
function countedStore(name: string): { readonly store: Store; reads(): number } {
  const inner = openStore(`file:${join(directory.path, name)}`);
  let reads = 0;
  const store: Store = {
    ...inner,
    getRange(key, ...range) {
      if (key.endsWith('status.json')) reads++;
      return inner.getRange(key, ...range);
    },
  };
  return {
    store,
    reads() {
      const counted = reads;
      reads = 0;
      return counted;
    },
  };
}

const nameOf = (index: number): string => `run-${String(index).padStart(3, '0')}`;

async function putStatus(store: Store, index: number, change: Partial<RunStatus> = {}): Promise<void> {
  const at = new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString();
  const config = parseRunConfig(runDocument({ name: nameOf(index) }), modelZoo);
  const queued = queuedRun({ id: nameOf(index), config, store: store.url, at, idempotencyKey: null });
  const status: RunStatus = { ...queued, state: 'completed', reason: 'Done.', endedAt: at, ...change };
  await store.put(runKeys(status.id).status, new TextEncoder().encode(JSON.stringify(status)));
}

/** Statuses of ended runs, and an index of them that the leader of epoch 1 wrote. */
async function indexed(name: string): Promise<ReturnType<typeof countedStore>> {
  const counted = countedStore(name);
  for (let index = 0; index < many; index++) await putStatus(counted.store, index);
  const registry = await open(counted.store, 1);
  expect(counted.reads()).toBe(many);
  await registry.close(0);
  return counted;
}

const newest = [nameOf(many - 1), nameOf(many - 2)];
const idsOf = (registry: RunRegistry): string[] => registry.list(many).runs.map(({ id }) => id);

test('a start reads the newest ended runs, those that came since and no others', async () => {
  const { store, reads } = await indexed('spared');
  for (const epoch of [2, 3]) {
    const registry = await open(store, epoch);
    expect(idsOf(registry)).toEqual(newest);
    expect(reads()).toBe(endedRuns);
    await registry.close(0);
  }
  await putStatus(store, many);
  await putStatus(store, many + 1, { state: 'paused', endedAt: null });
  const registry = await open(store, 4);
  expect(idsOf(registry)).toEqual([nameOf(many + 1), nameOf(many), nameOf(many - 1)]);
  expect(reads()).toBe(endedRuns + 2);
  await registry.remove(nameOf(many));
  await registry.remove(nameOf(0));
  await registry.remove(nameOf(many + 1));
  await registry.close(0);
  reads();

  const after = await open(store, 5);
  expect(idsOf(after)).toEqual(newest);
  expect(reads()).toBe(endedRuns);
  await expect(after.remove(nameOf(0))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await after.close(0);
});

test('runs that end and are listed no more come into the index while the coordinator runs', async () => {
  const { store, reads } = await indexed('growing');
  const registry = await open(store, 2);
  const more = 110;
  for (let index = 0; index < more; index++) {
    await registry.submit(parseRunConfig(runDocument({ name: `more-${index}` }), modelZoo));
    registry.cancel(`more-${index}`);
    await expect.poll(() => registry.find(`more-${index}`).state, { interval: 1 }).toBe('cancelled');
  }
  reads();
  // Killed, as it were: nothing more is written.
  await expect.poll(async () => lineCount(await store.get(endedRunsKey))).toBeGreaterThan(many + 90);
  const next = await open(store, 3);
  expect(reads()).toBeLessThan(30);
  await next.close(0);
  await registry.close(0);
});

const lineCount = (bytes: Uint8Array): number => Buffer.from(bytes).toString('utf8').split('\n').length;
type Damage = (index: string) => string | undefined;
const damages: Readonly<Record<string, Damage>> = {
  missing: () => undefined,
  empty: () => '',
  'cut off': (index) => index.slice(0, index.length / 2),
  'cut off after its heading': (index) => index.slice(0, index.indexOf('\n') + 1),
  'without its heading': (index) => index.slice(index.indexOf('\n') + 1),
  'with a changed letter': (index) => index.replace(nameOf(7), nameOf(8)),
  'of another version': (index) => index.replace('"version":1', '"version":2'),
  'of an older leader': (index) => index.replace('"epoch":1', '"epoch":0'),
  'of a later leader': (index) => index.replace('"epoch":1', '"epoch":2'),
  'not text': () => '\0\ud800',
};

test.each(Object.entries(damages))('an index that is %s costs reads, and no run', async (name, damage) => {
  const { store, reads } = await indexed(`damaged-${name.replaceAll(' ', '-')}`);
  // What only the statuses say: this run is under way again.
  await putStatus(store, 3, { state: 'training', endedAt: null });
  const index = Buffer.from(await store.get(endedRunsKey)).toString('utf8');
  const bytes = damage(index);
  expect(bytes).not.toBe(index);
  await store.remove(endedRunsKey);
  if (bytes !== undefined) await store.put(endedRunsKey, Buffer.from(bytes));
  const errors: string[] = [];
  const registry = await open(store, 2, errors);
  expect(reads()).toBe(many);
  expect(idsOf(registry)).toEqual([...newest, nameOf(3)]);
  expect(errors).toEqual([]);
  await registry.close(0);
});

test('an index names runs that are gone, and a run in it that has changed is not removed', async () => {
  const { store, reads } = await indexed('changed');
  await store.removeAll(runKeys(nameOf(5)).prefix);
  await putStatus(store, 3, { state: 'paused', endedAt: null });
  const registry = await open(store, 2);
  await expect(registry.remove(nameOf(5))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(registry.remove(nameOf(3))).rejects.toMatchObject({
    code: 'CONFLICT',
    message: `Run ${nameOf(3)}: expected a run that is completed, as it was when it was read, got one that is paused`,
  });
  await registry.close(0);
  reads();
  const next = await open(store, 3);
  expect(reads()).toBe(endedRuns + 1);
  expect(idsOf(next)).toEqual([...newest, nameOf(3)]);
  await next.close(0);
});
