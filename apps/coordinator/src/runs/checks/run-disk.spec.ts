import { describe, expect, it } from 'vitest';
import { parseRunConfig, type RunConfig, type RunConfigInput } from '#protocol/run/run-config.js';
import { modelZoo } from '#model/zoo/presets.js';
import { checkDisk, storeNeed } from './run-disk.js';

const parameters = 151_277_313; // ViT-B-32, 605 MB in float32
function config(changes: Partial<RunConfigInput> = {}): RunConfig {
  const document = { name: 'r', model: 'ViT-B-32', data: { train: '/data' }, batch: 512, shards: 32, steps: 10_000 };
  return parseRunConfig({ ...document, ...changes }, modelZoo);
}

describe('what a run needs in its store', () => {
  it('is a step with the sums of the gradients of 16 shards, the journal of two intervals, and the checkpoints', () => {
    expect(storeNeed(config())).toMatchObject({
      stepBytes: 4 * parameters + 2 * 4 * parameters + 4 * 512 * 512 * 4,
      journalBytes: 32 * 4 * parameters, // 16 gradients are more than 1 GiB.
      checkpointBytes: 4 * 12 * parameters, // Three are kept, and one is written.
    });
  });

  it('is no more than a short run comes to', () => {
    expect(storeNeed(config({ steps: 5 }))).toMatchObject({
      journalBytes: 5 * 4 * parameters,
      checkpointBytes: 12 * parameters,
    });
  });

  it('a run that keeps one checkpoint keeps one interval of its journal', () => {
    expect(storeNeed(config({ checkpoint: { keep: 1, everySteps: 6 } }))).toMatchObject({
      journalBytes: 6 * 4 * parameters,
      checkpointBytes: 2 * 12 * parameters,
    });
  });

  it('what is frozen has neither gradients nor moments', () => {
    const { journalBytes, checkpointBytes } = storeNeed(config({ train: { freeze: ['image'] } }));
    expect(journalBytes).toBeLessThan(32 * 4 * parameters);
    expect(checkpointBytes).toBeLessThan(4 * 12 * parameters);
    expect(checkpointBytes).toBeGreaterThan(4 * 4 * parameters);
  });
});

describe('checkDisk', () => {
  it('admits what just fits, and whatever is in a place of which nobody knows the size', () => {
    const { totalBytes } = storeNeed(config());
    expect(() => checkDisk(config(), 'file:/s', totalBytes)).not.toThrow();
    expect(() => checkDisk(config(), 's3://b', undefined)).not.toThrow();
  });

  it('refuses the rest with the figures', () => {
    expect(() => checkDisk(config(), 'file:/s', 20 * 2 ** 30)).toThrow(
      'store: expected room for 26.5 GiB in file:/s, got 20.0 GiB: the run needs 1.7 GiB for a step in progress, ' +
        '18.0 GiB for its journal and 6.8 GiB for checkpoints',
    );
  });
});
