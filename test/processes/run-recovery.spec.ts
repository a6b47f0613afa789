// Goal: committed steps can be restored bit for bit, and a run with numbers that are not finite stops in time.
// Method: real workers. A run is ended in the middle and resumed; in another, a NaN is put into a blob that a worker
// computes with.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDevice } from '#engine/run/open-device.js';
import { runningStatistics } from '#model/parameters/running-statistics.js';
import type { RunConfig, RunConfigInput } from '#protocol/run/run-config.js';
import { latestCheckpoint, readCheckpoint } from '#store/run/checkpoint.js';
import { appendJournal, readJournal, removeEntry, type JournalEntry } from '#store/run/journal.js';
import { runKeys } from '#store/run/keys.js';
import { openStore } from '#store/open-store.js';
import { decodeFloat32, float32Values } from '#store/safetensors/safetensors.js';
import type { Store } from '#store/store.js';
import { replayStep, type ReplayedStep } from '../../apps/coordinator/src/training/replay-step.js';
import { openOptimizer } from '../../apps/coordinator/src/training/optimizer/optimizer.js';
import { restoreState } from '../../apps/coordinator/src/training/state/restore-state.js';
import type { RunEvent } from '../../apps/coordinator/src/training/run-event.js';
import { startPool, undisturbed, type TestPool } from '../support/pool.js';
import { writeTinyData } from '../support/models/tiny-data.js';
import { tinyResNet, tinyRun } from '../support/models/tiny-run.js';

let directory: string;
let store: Store;
let pool: TestPool;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tandem-recovery-'));
  await writeTinyData(join(directory, 'data'));
  store = openStore(join(directory, 'store'));
  pool = await startPool();
  await pool.addWorker();
});
afterAll(async () => {
  await pool.stop();
  await rm(directory, { recursive: true });
});

async function finalBlobs(run: string): Promise<Readonly<Record<string, Uint8Array>>> {
  const latest = await latestCheckpoint(store, runKeys(run).checkpoints);
  return (await readCheckpoint(store, latest!.folder)).blobs;
}

it.each<[string, string, Partial<RunConfigInput>]>([
  ['a Vision Transformer', 'vit', {}],
  ['a ResNet and its running statistics', 'resnet', { model: tinyResNet }],
])(
  'J1, C1: checkpoint and journal give the last committed step, and a resumed run ends with the same bits: %s',
  async (_, name, changes) => {
    const config = tinyRun(join(directory, 'data'), { steps: 7, checkpoint: { everySteps: 3 }, ...changes });
    const [whole, cut] = [`whole-${name}`, `cut-${name}`];
    await pool.train({ id: whole, config, store });

    const ending = new AbortController();
    const ended = pool.train({
      id: cut,
      config,
      store,
      signal: ending.signal,
      onEvent: (event) => void (event.kind === 'step' && event.metrics.step === 5 && ending.abort()),
    });
    await expect(ended).rejects.toMatchObject({ code: 'CANCELLED' });

    const optimizer = openOptimizer({ config, threads: 1 });
    const { state } = await restoreState({ store, run: cut, configAt: () => config, optimizer, storeAccess: {} });
    expect((await latestCheckpoint(store, runKeys(cut).checkpoints))!.step).toBe(3);
    expect(state.step).toBe(5);
    await optimizer.close();

    const events = await pool.train({ id: cut, config, store });
    expect(events.flatMap((event) => (event.kind === 'step' ? [event.metrics.step] : []))).toEqual([6, 7]);
    const [expected, resumed] = [await finalBlobs(whole), await finalBlobs(cut)];
    expect(resumed['parameters.safetensors']).toEqual(expected['parameters.safetensors']);
    expect(resumed['optimizer.safetensors']).toEqual(expected['optimizer.safetensors']);
    for (const { name, initial } of runningStatistics(config.model))
      expect(float32Values(resumed['parameters.safetensors']!)[name], name).not.toContain(
        initial.kind === 'constant' && initial.value,
      );
  },
  180_000,
);

describe('what is damaged or lost is taken again, with the same bits', () => {
  const config = (data = 'data'): RunConfig =>
    tinyRun(join(directory, data), { steps: 7, checkpoint: { everySteps: 2 }, schedule: { kind: 'constant' } });
  let expected: Readonly<Record<string, Uint8Array>>;
  beforeAll(async () => {
    await pool.train({ id: 'unharmed', config: config(), store });
    expected = await finalBlobs('unharmed');
  });

  /** A run that was ended, without a checkpoint, as soon as five steps were committed. */
  async function endedAfterFive(run: string): Promise<void> {
    const ending = new AbortController();
    const onEvent = (event: RunEvent): void =>
      void (event.kind === 'step' && event.metrics.step === 5 && ending.abort());
    await expect(
      pool.train({ id: run, config: config(), store, signal: ending.signal, onEvent }),
    ).rejects.toMatchObject({ code: 'CANCELLED' });
  }

  it.each<[string, string, (run: string) => Promise<void>, number, RegExp | undefined]>([
    ['nothing', 'whole-end', async () => undefined, 5, undefined],
    [
      'the newest checkpoint',
      'bad-checkpoint',
      (run) => flipBit(`${runKeys(run).checkpoint(4, undisturbed.epoch)}/parameters.safetensors`),
      5,
      /checkpoint is damaged .*000000004/,
    ],
    [
      'its manifest',
      'no-manifest',
      (run) => store.remove(`${runKeys(run).checkpoint(4, undisturbed.epoch)}/manifest.json`),
      5,
      undefined,
    ],
    ['the end of the journal', 'lost-tail', (run) => store.remove(runKeys(run).journalRecord(4)), 4, /before step 4/],
    ['a gradient in it', 'bad-gradient-4', (run) => flipBit(runKeys(run).journal(4)), 4, /before step 4: .*sha256/],
  ])('%s', async (_, run, harm, goesOnAfter, says) => {
    await endedAfterFive(run);
    await harm(run);
    const events = await pool.train({ id: run, config: config(), store });
    const restored = events.find((event) => event.kind === 'restored')!;
    expect(restored.metrics.map(({ step }) => step)).toEqual(Array.from({ length: goesOnAfter }, (_, at) => at + 1));
    if (says) expect(restored.losses.join('\n')).toMatch(says);
    else expect(restored.losses).toEqual([]);
    const blobs = await finalBlobs(run);
    for (const name of ['parameters.safetensors', 'optimizer.safetensors'] as const)
      expect(blobs[name]).toEqual(expected[name]);
    expect(lossesOf(blobs)).toEqual(lossesOf(expected));
  });

  it('a run that is stopped, goes on and gets more steps has the bits of one that had them at once', async () => {
    const stopping = new AbortController();
    const few = { ...config(), steps: 5 };
    await pool.train({
      id: 'extended',
      config: few,
      store,
      stopping: stopping.signal,
      onEvent: (event) => void (event.kind === 'step' && event.metrics.step === 3 && stopping.abort()),
    });
    expect((await latestCheckpoint(store, runKeys('extended').checkpoints))!.step).toBe(3);
    await pool.train({ id: 'extended', config: few, store });
    await pool.train({ id: 'extended', config: config(), store });
    const blobs = await finalBlobs('extended');
    expect(blobs['parameters.safetensors']).toEqual(expected['parameters.safetensors']);
    expect(lossesOf(blobs)).toEqual(lossesOf(expected));
  });

  it('a past step is taken again in one process and is the same; one that was changed is not', async () => {
    await endedAfterFive('replayed');
    const device = await openDevice({ kind: 'cpu', threads: 1 });
    const replay = (step: number): Promise<ReplayedStep> =>
      replayStep({ store, storeAccess: {}, run: 'replayed', step, device, threads: 1 });
    expect(await replay(3)).toMatchObject({ step: 3, identical: true });
    expect(await replay(4)).toMatchObject({ identical: true });
    await expect(replay(5)).rejects.toMatchObject({ code: 'NOT_FOUND' });

    const { bytes, note } = await entryOf('replayed', 4);
    bytes[bytes.byteLength - 5]! ^= 1;
    await removeEntry(store, 'replayed', 4);
    await appendJournal(store, 'replayed', 4, bytes, note);
    const changed = await replay(4);
    expect(changed).toMatchObject({ identical: false, loss: { then: changed.loss.now } });
    await device.close();
  });

  it('a data set that has changed is refused', async () => {
    await endedAfterFive('other-data');
    await writeTinyData(join(directory, 'other'), 3);
    const changed = config('other');
    await expect(pool.train({ id: 'other-data', config: changed, store })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/data.train: expected the data set that run other-data began with/) as string,
    });
  });

  async function entryOf(run: string, step: number): Promise<JournalEntry> {
    for await (const entry of readJournal(store, run, step)) return entry;
    throw new Error(`no step ${step}`);
  }

  async function flipBit(key: string): Promise<void> {
    const bytes = await store.get(key);
    bytes[bytes.byteLength - 5]! ^= 1;
    await store.put(key, bytes);
  }
});

function lossesOf(blobs: Readonly<Record<string, Uint8Array>>): number[] {
  const lines = new TextDecoder().decode(blobs['metrics.jsonl']).trim().split('\n');
  return lines.map((line) => (JSON.parse(line) as { loss: number }).loss);
}

it.each<[string, string, BadValue, number]>([
  ['a gradient', 'bad-gradient', { folder: 'embedding-gradients/', shard: 3, tensor: 'image' }, 3],
  ['a loss', 'bad-loss', { folder: 'parameters', shard: 0, tensor: 'text_projection' }, 0],
])(
  'N1: %s that is not finite stops the run before the update, with step and shard, and what it came from is kept',
  async (_, run, bad, shard) => {
    const config = tinyRun(join(directory, 'data'), { steps: 4, shards: 5, checkpoint: { everySteps: 1 } });
    const prefix = runKeys(run).step(2, undisturbed.epoch).prefix;
    await expect(pool.train({ id: run, config, store: withNaN(store, prefix, bad) })).rejects.toMatchObject({
      code: 'NON_FINITE',
      context: { run, step: 2, shard },
      help: expect.stringContaining(`are in ${store.url}/${prefix} until`) as string,
    });
    expect((await latestCheckpoint(store, runKeys(run).checkpoints))!.step).toBe(2);
    const journalled: number[] = [];
    for await (const { step } of readJournal(store, run, 2)) journalled.push(step);
    expect(journalled).toEqual([]);
    const kept: string[] = [];
    for await (const key of store.list(prefix)) kept.push(key);
    // How many shards a blob is of depends on who encoded them.
    const shardsIn = (folder: string): number[] =>
      [...new Set(kept.flatMap((key) => (key.startsWith(`${prefix}${folder}/`) ? shardsOf(key) : [])))].toSorted();
    expect(shardsIn('embeddings')).toEqual([0, 1, 2, 3, 4]);
    expect(shardsIn('embedding-gradients')).toEqual(run === 'bad-gradient' ? [0, 1, 2, 3, 4] : []);
    expect(shardsIn('gradients').length > 0).toBe(run === 'bad-gradient');
    const inFolders = new RegExp(`^${prefix}(embeddings|embedding-gradients|gradients)/`);
    expect(kept.filter((key) => !inFolders.test(key))).toEqual([runKeys(run).step(2, undisturbed.epoch).parameters]);
  },
);

it('the embedding and gradient blobs of a step are removed when it is committed', async () => {
  const left: string[] = [];
  for await (const key of store.list(runKeys('whole-vit').stepsPrefix)) left.push(key);
  expect(left).toEqual([]);
});

/** A value in a tensor that has rows for a shard, or for all. */
interface BadValue {
  /** Of the blob, in the folder of the step. */
  readonly folder: string;
  readonly shard: number;
  readonly tensor: string;
}

/** The shards in the name of a blob: `3.w.safetensors`, `4-7.w.safetensors`. */
function shardsOf(key: string): number[] {
  const [first = 0, last = first] = key.split('/').at(-1)!.split('.')[0]!.split('-').map(Number);
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

/** The store, except that a value of a shard of two pairs gets a NaN before it is written. */
function withNaN(of: Store, prefix: string, { folder, shard, tensor }: BadValue): Store {
  return {
    ...of,
    put(key, bytes, ...rest) {
      const shards = key.startsWith(`${prefix}${folder}`) ? (folder.endsWith('/') ? shardsOf(key) : [0]) : [];
      if (shards.includes(shard)) {
        const { data, shape } = decodeFloat32(bytes)[tensor]!;
        data[2 * shards.indexOf(shard) * shape.at(-1)! + 1] = Number.NaN;
      }
      return of.put(key, bytes, ...rest);
    },
  };
}
