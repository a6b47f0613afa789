// Goal: evaluations of a run give the same numbers from any number of workers, those of one process. Method: real
// worker processes and a real Redis. One run is evaluated on one, two and three workers, one of which is killed; its
// features are compared bit for bit with those that this process computes from its checkpoint.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '#data/dataset/dataset.js';
import { clipPreparation } from '#data/image/evaluation-image.js';
import { openDevice } from '#engine/run/open-device.js';
import { clipEncoder } from '#evaluate/features/clip-encoder.js';
import { datasetFeatures } from '#evaluate/features/dataset-features.js';
import { readConfusion, type StoredConfusion } from '#evaluate/stored-confusion.js';
import { openCheckpointAt } from '#inference/checkpoint-model.js';
import type { EvaluationResult, ZeroShotResult } from '#protocol/run/evaluation-result.js';
import type { RunConfig, RunConfigInput } from '#protocol/run/run-config.js';
import { openStore } from '#store/open-store.js';
import { latestCheckpoint } from '#store/run/checkpoint.js';
import { runKeys } from '#store/run/keys.js';
import type { RunEvent } from '../../apps/coordinator/src/training/run-event.js';
import { startPool, type TestPool } from '../support/pool.js';
import { writeTinyData } from '../support/models/tiny-data.js';
import { tinyResNet, tinyRun } from '../support/models/tiny-run.js';

let directory: string;
let shapes: string;
let pool: TestPool;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tandem-evaluation-'));
  shapes = join(directory, 'shapes');
  await writeTinyData(shapes, 14); // 280 images: five shards.
  pool = await startPool();
  await pool.addWorker();
});
afterAll(async () => {
  await pool.stop();
  await rm(directory, { recursive: true });
});

const evaluated = (changes: Partial<RunConfigInput> = {}): RunConfig =>
  tinyRun(shapes, {
    steps: 4,
    evaluation: {
      everySteps: 2,
      zeroShot: [{ name: 'zero', data: shapes }],
      linearProbe: [{ name: 'probe', train: shapes, test: shapes, everySteps: 4 }],
      fewShot: [{ name: 'few', train: shapes, test: shapes, shots: [1, 2], seeds: 2, everySteps: 4 }],
      retrieval: [{ name: 'found', data: shapes }],
    },
    ...changes,
  });

interface Evaluated {
  readonly events: readonly RunEvent[];
  readonly results: readonly EvaluationResult[];
  /** The blobs of the last step's features, by their keys. */
  readonly features: ReadonlyMap<string, Uint8Array>;
  readonly store: string;
  /** Those after the last step, by the names of their evaluations. */
  readonly confusions: Readonly<Record<string, StoredConfusion | undefined>>;
}

async function evaluate(id: string, config: RunConfig, onEvent?: (event: RunEvent) => void): Promise<Evaluated> {
  const url = join(directory, id);
  const store = openStore(url);
  const events = await pool.train({ id, config, store, ...(onEvent && { onEvent }) });
  const features = new Map<string, Uint8Array>();
  for await (const key of store.list('features/')) features.set(key, await store.get(key));
  const left = [];
  for await (const key of store.list(runKeys(id).stepsPrefix)) left.push(key);
  expect(left).toEqual([]); // Of the steps and evaluations nothing stays.
  const confusionOf = (name: string): Promise<StoredConfusion | undefined> =>
    readConfusion(store, { run: id, step: config.steps, name });
  const confusions = { zero: await confusionOf('zero'), probe: await confusionOf('probe') };
  await store.close();
  return {
    confusions,
    events,
    results: events.flatMap((one) => (one.kind === 'evaluation' ? [one.result] : [])),
    features,
    store: url,
  };
}

describe('E1 evaluations on the pool', () => {
  it('give the same results and features for one, two and three workers, one of which dies', async () => {
    const one = await evaluate('one', evaluated());
    expect(one.results.map(({ kind, step }) => `${kind} ${step}`)).toEqual([
      'zero-shot 2',
      'retrieval 2',
      'zero-shot 4',
      'linear-probe 4',
      'few-shot 4',
      'retrieval 4',
    ]);
    const [probe] = one.results.flatMap((result) => (result.kind === 'linear-probe' ? [result] : []));
    expect(probe).toMatchObject({ images: 280, classes: 20, chance: 0.05 });
    expect(probe!.top1).toBeGreaterThan(0.5); // Features of a few steps tell colours and shapes apart.
    const [few] = one.results.flatMap((result) => (result.kind === 'few-shot' ? [result] : []));
    expect(few!.points.map(({ shots }) => shots)).toEqual([1, 2]);
    expect(one.features.size).toBe(1);
    for (const [name, confusion] of Object.entries(one.confusions)) {
      const { labels, counts } = confusion!;
      const right = [...counts].reduce((sum, [at, images]) => (at % (labels.length + 1) === 0 ? sum + images : sum), 0);
      const result = one.results.findLast((each) => each.name === name) as ZeroShotResult;
      expect([labels.length, right / 280]).toEqual([20, result.top1]);
    }

    await pool.addWorker();
    // Each of them computes everything, so that the results of both are compared.
    const two = await evaluate('two', evaluated({ limits: { verifyShare: 1 } }));
    expect(two.events.map(({ kind }) => kind)).not.toContain('unverified');
    expect(two.results).toEqual(one.results);
    expect(two.features).toEqual(one.features);
    expect(two.confusions).toEqual(one.confusions);

    const doomed = await pool.addWorker();
    const three = await evaluate('three', evaluated(), (event) => {
      if (event.kind === 'evaluating') doomed.kill('SIGKILL');
    });
    expect(pool.changes.some((change) => change.includes('was silent for'))).toBe(true);
    expect(three.results).toEqual(one.results);
    expect(three.features).toEqual(one.features);
    expect(three.confusions).toEqual(one.confusions);
  }, 120_000);

  it.each([
    ['a ViT', {}],
    ['a ResNet, by its running statistics', { model: tinyResNet }],
    ['a locked image tower', { train: { freeze: ['visual.*'] } }],
  ] as const)(
    'of %s have the features that one process computes from the checkpoint',
    async (what, changes) => {
      const id = what.replaceAll(/[^a-z]+/gi, '-').toLowerCase();
      const { store: url, features } = await evaluate(id, evaluated(changes as Partial<RunConfigInput>));
      const [runStore, mine, dataStore] = [openStore(url), openStore(join(directory, `${id}-mine`)), openStore(shapes)];
      const device = await openDevice({ kind: 'cpu', threads: 1 });
      const { folder } = (await latestCheckpoint(runStore, runKeys(id).checkpoints))!;
      const model = await openCheckpointAt(join(url, folder), { device });
      await datasetFeatures(
        clipEncoder({ model, preparation: clipPreparation }, 'tiny'),
        await openDataset(dataStore),
        {
          store: mine,
        },
      );
      const own = new Map<string, Uint8Array>();
      for await (const key of mine.list('features/')) own.set(key, await mine.get(key));
      expect(own).toEqual(features); // The same key: `tandem evaluate` finds what the run has computed.
      await model.close();
      await device.close();
      for (const one of [runStore, mine, dataStore]) await one.close();
    },
    60_000,
  );

  it('a run of no steps evaluates its initial weights and keeps features, and nothing else', async () => {
    const trained = await evaluate('trained', evaluated());
    const store = openStore(trained.store);
    const { folder } = (await latestCheckpoint(store, runKeys('trained').checkpoints))!;
    await store.close();
    const { events, features } = await evaluate(
      'none',
      evaluated({
        ...{ steps: 0, schedule: { warmupSteps: 0 }, init: join(trained.store, folder) },
        evaluation: { features: [shapes] },
      }),
    );
    expect(events.map(({ kind }) => kind)).toEqual(['prepared', 'evaluating']);
    expect(features).toEqual(trained.features);
  });
});
