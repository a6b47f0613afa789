// Goal: what is committed can be had again, bit for bit, and a run that goes wrong stops before it is spoilt.
// Method: real workers. A run is ended in the middle and taken up again; a shard's gradient is spoilt on its way.
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

it.each<[string, Partial<RunConfigInput>]>([
  ['a Vision Transformer', {}],
  ['a ResNet and its running statistics', { model: tinyResNet }],
])(
  'J1, C1: checkpoint and journal give the last committed step, and the run goes on from there to the same bits, %s',
  async (_, changes) => {
    const config = tinyRun(join(directory, 'data'), { steps: 7, checkpoint: { everySteps: 3 }, ...changes });
    const [whole, cut] = [`whole-${config.model.vision_cfg.width}`, `cut-${config.model.vision_cfg.width}`];
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
    const { state } = await restoreState({ store, run: cut, config, optimizer, storeAccess: {} });
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

it('N1: a gradient that is not finite stops the run before the update and names step and shard', async () => {
  const config = tinyRun(join(directory, 'data'), { steps: 4, shards: 5, checkpoint: { everySteps: 1 } });
  const spoilt = spoil(store, runKeys('spoilt').step(2).gradients(3));
  await expect(pool.train({ id: 'spoilt', config, store: spoilt })).rejects.toMatchObject({
    code: 'NON_FINITE',
    context: { run: 'spoilt', step: 2, shard: 3 },
  });
  expect((await latestCheckpoint(store, runKeys('spoilt').checkpoints))!.step).toBe(2);
  const journalled: number[] = [];
  for await (const { step } of readJournal(store, 'spoilt', 2)) journalled.push(step);
  expect(journalled).toEqual([]);
});

it('ephemeral blobs of a step are gone when it is committed', async () => {
  const left: string[] = [];
  for await (const key of store.list(runKeys('whole-32').stepsPrefix)) left.push(key);
  expect(left).toEqual([]);
});

/** The store, but one blob holds a NaN when it is read. */
function spoil(of: Store, key: string): Store {
  return {
    ...of,
    async get(wanted) {
      const bytes = await of.get(wanted);
      if (wanted === key) decodeFloat32(bytes)['visual.proj']!.data[1] = Number.NaN;
      return bytes;
    },
  };
}
