// Goal: the checkpoint of the best result is kept, however old it gets. Method: real checkpoints in a folder.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RunConfig } from '#protocol/run/run-config.js';
import type { EvaluationResult } from '#protocol/run/evaluation-result.js';
import { completeCheckpoints, pruneCheckpoints, writeCheckpoint } from '#store/run/checkpoint.js';
import { runKeys } from '#store/run/keys.js';
import { openStore } from '#store/open-store.js';
import type { Store } from '#store/store.js';
import { bestKept } from './best-checkpoint.js';

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-test-'));
  store = openStore(folder);
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const { checkpoints } = runKeys('run');
const config = { checkpoint: { keepBest: 'held-out' } } as RunConfig;
const result = (step: number, top1: number, name = 'held-out'): EvaluationResult => ({
  kind: 'zero-shot',
  name,
  step,
  top1,
  top5: 1,
  classes: 9,
  images: 9,
  chance: 1 / 9,
});

it('is the best of those whose checkpoint is there or can be written, the earliest of equal ones', async () => {
  for (const step of [2, 4, 6])
    await writeCheckpoint(store, checkpoints, { step, epoch: 1 }, { a: Uint8Array.of(step) });
  const results = [
    result(1, 0.9),
    result(2, 0.3),
    result(4, 0.6),
    result(6, 0.6),
    result(4, 1, 'seen'),
    result(8, 0.7),
  ];
  expect(await bestKept(store, 'run', config, results)).toMatchObject({
    result: { step: 4 },
    folder: expect.stringContaining('/000000004') as string,
  });
  expect(await bestKept(store, 'run', config, results, 8)).toMatchObject({
    result: { step: 8 },
    folder: undefined,
  });
  expect(await bestKept(store, 'run', config, [])).toBeUndefined();
  expect(await bestKept(store, 'run', { ...config, checkpoint: {} } as RunConfig, results)).toBeUndefined();
});

it('stays when older checkpoints are pruned', async () => {
  for (const step of [2, 4, 6, 8]) {
    await writeCheckpoint(store, checkpoints, { step, epoch: 1 }, { a: Uint8Array.of(step) });
    const fourth = (await completeCheckpoints(store, checkpoints)).find((one) => one.step === 4);
    await pruneCheckpoints(store, checkpoints, 2, fourth?.folder);
  }
  expect((await completeCheckpoints(store, checkpoints)).map(({ step }) => step)).toEqual([4, 6, 8]);
});
