// Goal: committed steps can be restored bit for bit, and a run with numbers that are not finite stops in time.
// Method: real workers. A run is ended in the middle and resumed; in another, a NaN is put into the blob of one shard.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runningStatistics } from '#model/parameters/running-statistics.js';
import type { RunConfigInput } from '#protocol/run/run-config.js';
import { latestCheckpoint, readCheckpoint } from '#store/run/checkpoint.js';
import { readJournal } from '#store/run/journal.js';
import { runKeys } from '#store/run/keys.js';
import { openStore } from '#store/open-store.js';
import { decodeFloat32, float32Values } from '#store/safetensors/safetensors.js';
import type { Store } from '#store/store.js';
import { openOptimizer } from '../../apps/coordinator/src/training/optimizer/optimizer.js';
import { restoreState } from '../../apps/coordinator/src/training/state/restore-state.js';
import { startPool, type TestPool } from '../support/pool.js';
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

it.each<[string, string, (run: string) => string, string]>([
  ['a gradient', 'bad-gradient', (run) => runKeys(run).step(2).gradients(3), 'visual.proj'],
  ['a loss', 'bad-loss', (run) => runKeys(run).step(2).embeddings(3), 'text'],
])('N1: %s that is not finite stops the run before the update, with step and shard', async (_, run, keyOf, tensor) => {
  const config = tinyRun(join(directory, 'data'), { steps: 4, shards: 5, checkpoint: { everySteps: 1 } });
  await expect(pool.train({ id: run, config, store: withNaN(store, keyOf(run), tensor) })).rejects.toMatchObject({
    code: 'NON_FINITE',
    context: { run, step: 2, shard: 3 },
  });
  expect((await latestCheckpoint(store, runKeys(run).checkpoints))!.step).toBe(2);
  const journalled: number[] = [];
  for await (const { step } of readJournal(store, run, 2)) journalled.push(step);
  expect(journalled).toEqual([]);
});

it('the embedding and gradient blobs of a step are removed when it is committed', async () => {
  const left: string[] = [];
  for await (const key of store.list(runKeys('whole-vit').stepsPrefix)) left.push(key);
  expect(left).toEqual([]);
});

/** The store, except that one tensor of one blob has a NaN when it is read. */
function withNaN(of: Store, key: string, tensor: string): Store {
  return {
    ...of,
    async get(wanted) {
      const bytes = await of.get(wanted);
      if (wanted === key) decodeFloat32(bytes)[tensor]!.data[1] = Number.NaN;
      return bytes;
    },
  };
}
