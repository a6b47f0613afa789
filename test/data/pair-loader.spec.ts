import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultDatasetLimits, openDataset, type Dataset } from '#data/dataset/dataset.js';
import type { NewSample } from '#data/dataset/sample.js';
import { loadPairs, type LoadOptions } from '#data/sampling/pair-loader.js';
import { draws } from '#data/sampling/sampler.js';
import { shardPlan } from '#data/sampling/shard-plan.js';
import { trainBpe } from '#data/text/train-bpe.js';
import { parseRunConfig, type RunConfigInput } from '#protocol/run/run-config.js';
import { openFolderStore, writeSmallDataset, type FolderStore } from '../support/models/small-dataset.js';

// Goal: the samples of a shard depend on nothing but seed, step, config and data. Method: load the same rows in many
// ways.
let files: FolderStore;
beforeEach(async () => void (files = await openFolderStore()));
afterEach(() => files.close());

const tokenizer = trainBpe(['picture number 0 1 2 3 4 5 6 7 8 9', 'the 0th picture number'], 560);
const model = {
  embed_dim: 8,
  vision_cfg: { image_size: 16, layers: 1, width: 8, patch_size: 8, head_width: 8 },
  text_cfg: { context_length: 12, vocab_size: 560, width: 8, heads: 1, layers: 1 },
};
const augmentation = {
  scale: [0.5, 1],
  rotateDegrees: 10,
  colorJitter: 0.3,
  grayscale: 0.2,
  flip: 0.5,
} satisfies RunConfigInput['data']['augmentation'];

function configOf(data: Partial<RunConfigInput['data']> = {}): LoadOptions['config'] {
  const document: RunConfigInput = {
    name: 'loading',
    model,
    tokenizer: { kind: 'bpe', vocabulary: 560 },
    data: { train: 'here', augmentation, ...data },
    batch: 24,
    shards: 1,
    steps: 1,
  };
  return parseRunConfig(document);
}

function rows(
  dataset: Dataset,
  offset: number,
  size: number,
  sampling: 'pairs' | 'groups' = 'pairs',
): ReturnType<typeof draws> {
  return draws({ seed: 3, step: 2, offset, size, batch: sampling === 'pairs' ? 24 : 4, dataset, sampling });
}

describe('loadPairs', () => {
  it('B1: gives the same bits, whatever is cached and however the batch is cut into shards', async () => {
    await writeSmallDataset(files.store, 30);
    const roomy = await openDataset(files.store);
    const tight = await openDataset(files.store, { decodedBytes: 0, tarBytes: 0, openShards: 1 });
    const config = configOf();
    const whole = await loadPairs(rows(roomy, 0, 24), { dataset: roomy, tokenizer, config });
    expect(whole.images.length).toBe(24 * 16 * 16 * 3);
    expect(whole.skipped).toEqual([]);
    expect(await loadPairs(rows(roomy, 0, 24), { dataset: roomy, tokenizer, config })).toEqual(whole);
    for (const dataset of [roomy, tight]) {
      const shards = await Promise.all(
        shardPlan({ batch: 24, shards: 5 }).map(({ offset, size }) =>
          loadPairs(rows(dataset, offset, size), { dataset, tokenizer, config }),
        ),
      );
      expect(shards.flatMap((shard) => Array.from(shard.images))).toEqual(Array.from(whole.images));
      expect(shards.flatMap((shard) => Array.from(shard.tokens))).toEqual(Array.from(whole.tokens));
      expect(shards.flatMap((shard) => Array.from(shard.captionKeys))).toEqual(Array.from(whole.captionKeys));
      expect(shards.flatMap((shard) => Array.from(shard.imageKeys))).toEqual(Array.from(whole.imageKeys));
    }
  });

  it('gives equal captions and equal image files equal keys, however the images are augmented', async () => {
    let first: NewSample | undefined;
    const repeat = (sample: NewSample, number: number): NewSample => {
      first ??= sample;
      return {
        ...sample,
        captions: [number < 2 ? 'picture number 1' : `picture number ${number}`],
        ...(number === 3 && { image: first.image, extension: first.extension }),
      };
    };
    await writeSmallDataset(files.store, 4, repeat);
    const dataset = await openDataset(files.store);
    const drawn = [0, 1, 2, 3, 2].map((index, row) => ({ index, seed: row }));
    const { captionKeys, imageKeys } = await loadPairs(drawn, { dataset, tokenizer, config: configOf() });
    const numbered = (keys: Uint8Array): number[] => {
      const all = drawn.map((_, row) => keys.subarray(row * 16, row * 16 + 16).join());
      return all.map((key) => all.indexOf(key));
    };
    expect(numbered(captionKeys)).toEqual([0, 0, 2, 3, 2]);
    expect(numbered(imageKeys)).toEqual([0, 1, 2, 0, 2]);
  });

  it('uses every caption of a pair in the course of the steps', async () => {
    await writeSmallDataset(files.store, 1);
    const dataset = await openDataset(files.store);
    const drawn = Array.from({ length: 20 }, (_, seed) => ({ index: 0, seed: seed * 999_983 }));
    const { tokens } = await loadPairs(drawn, { dataset, tokenizer, config: configOf() });
    const captions = new Set(drawn.map((_, row) => tokens.subarray(row * 12, row * 12 + 12).join(' ')));
    expect(captions).toEqual(
      new Set(
        ['picture number 0', 'the 0th picture'].map((caption) => tokenizer.tokens(caption, 12, 'error').join(' ')),
      ),
    );
  });

  it('B1: replaces a bad sample by the same other one each time, and reports which and why', async () => {
    const spoil = (sample: NewSample, number: number): NewSample =>
      number === 4
        ? { ...sample, image: sample.image.subarray(0, 60) }
        : number === 9
          ? { ...sample, captions: ['  '] }
          : sample;
    await writeSmallDataset(files.store, 24, spoil);
    const dataset = await openDataset(files.store);
    const load = (offset: number, size: number): ReturnType<typeof loadPairs> =>
      loadPairs(rows(dataset, offset, size), { dataset, tokenizer, config: configOf() });
    const whole = await load(0, 24);
    const reasons = Object.fromEntries(whole.skipped.map(({ key, reason }) => [key, reason]));
    expect(reasons).toEqual({
      'pair-4': expect.stringContaining('Unreadable image of 60 bytes'),
      'pair-9': 'No caption.',
    });
    const halves = [await load(0, 11), await load(11, 13)];
    expect(halves.flatMap((half) => half.skipped)).toEqual(whole.skipped);
    expect(halves.flatMap((half) => Array.from(half.images))).toEqual(Array.from(whole.images));
    expect(whole.images.some(Number.isNaN)).toBe(false);
    expect(Array.from({ length: 24 }, (_, row) => whole.tokens[row * 12])).toEqual(new Array(24).fill(tokenizer.start));
  });

  it('replaces a bad sample by one of its own group, so that no other group occurs twice', async () => {
    const spoil = (sample: NewSample, number: number): NewSample => ({
      ...sample,
      group: `group ${number % 4}`,
      captions: [`${number % 4}`],
      ...(number < 4 ? { image: Buffer.from('spoilt') } : {}),
    });
    await writeSmallDataset(files.store, 8, spoil);
    const dataset = await openDataset(files.store);
    const { tokens, skipped } = await loadPairs(
      [0, 1, 2, 3].map((index) => ({ index, seed: index + 77 })),
      { dataset, tokenizer, config: configOf({ sampling: 'groups' }) },
    );
    expect(skipped.map(({ key }) => key)).toEqual(['pair-0', 'pair-1', 'pair-2', 'pair-3']);
    const digits = [0, 1, 2, 3].map((row) => tokens[row * 12 + 1]);
    expect(digits).toEqual([0, 1, 2, 3].map((digit) => tokenizer.encode(String(digit))[0]));
  });

  it('truncates a caption that is too long, or replaces the sample, as configured', async () => {
    const long = (sample: NewSample, number: number): NewSample =>
      number === 5 ? { ...sample, captions: ['number '.repeat(40)] } : sample;
    await writeSmallDataset(files.store, 12, long);
    const dataset = await openDataset(files.store);
    const drawn = [{ index: 5, seed: 1 }];
    const cut = await loadPairs(drawn, { dataset, tokenizer, config: configOf() });
    expect([cut.skipped, cut.tokens[11]]).toEqual([[], tokenizer.end]);
    const other = await loadPairs(drawn, { dataset, tokenizer, config: configOf({ captionTooLong: 'skip' }) });
    expect([other.skipped, other.longCaptions]).toEqual([[], 1]);
    expect(other.tokens[11]).toBe(0);
  });

  it('replaces any number of captions that are too long, as it is asked to: they are no damage', async () => {
    const long = (sample: NewSample, number: number): NewSample =>
      number % 10 < 7 ? { ...sample, captions: ['number '.repeat(40)] } : sample;
    await writeSmallDataset(files.store, 40, long);
    const dataset = await openDataset(files.store);
    const config = configOf({ captionTooLong: 'skip' });
    const { tokens, skipped, longCaptions } = await loadPairs(rows(dataset, 0, 40), { dataset, tokenizer, config });
    expect(skipped).toEqual([]);
    expect(longCaptions).toBeGreaterThanOrEqual(28);
    expect(Array.from({ length: 40 }, (_, row) => tokens[row * 12 + 11])).toEqual(new Array(40).fill(0));
    await writeSmallDataset(files.store, 4, (sample) => ({ ...sample, captions: ['number '.repeat(40)] }));
    const all = await openDataset(files.store);
    await expect(loadPairs(rows(all, 0, 4), { dataset: all, tokenizer, config })).rejects.toThrow(
      'Expected captions of at most 12 tokens in data set "small", got 1000 longer ones one after another.',
    );
  });

  it('stops if more samples are bad than the config allows', async () => {
    await writeSmallDataset(files.store, 40, (sample) => ({ ...sample, image: Buffer.from('spoilt') }));
    const dataset = await openDataset(files.store);
    await expect(loadPairs(rows(dataset, 0, 24), { dataset, tokenizer, config: configOf() })).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringMatching(/got 9 bad ones in a shard of 24; the first: pair-\d+: Unreadable image/),
      help: expect.stringContaining('limits.badSampleShare'),
    });
  });

  it('does not treat a missing shard file as a bad sample', async () => {
    const { shards } = await writeSmallDataset(files.store, 24, undefined, 1000);
    await unlink(join(files.folder, shards[1]?.tar.key as string));
    const dataset = await openDataset(files.store, defaultDatasetLimits);
    await expect(loadPairs(rows(dataset, 0, 24), { dataset, tokenizer, config: configOf() })).rejects.toThrow(
      /incomplete at .*shard-000001.tar/,
    );
  });
});
