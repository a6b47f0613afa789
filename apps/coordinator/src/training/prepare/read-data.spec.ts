// Goal: what is read in the thread is what reading it here would give, its errors included; meanwhile the event loop
// goes on. Method: real data sets; a timer that counts its turns.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { datasetWriter } from '#data/dataset/dataset-writer.js';
import { clipTokenizer, readTokenizer } from '#data/text/tokenizer.js';
import { trainBpe } from '#data/text/train-bpe.js';
import { preset } from '#model/zoo/presets.js';
import { parseRunConfig, type RunConfig, type RunConfigInput } from '#protocol/run/run-config.js';
import { openStore } from '#store/open-store.js';
import { readData } from './read-data.js';

const wordsPerCaption = 50;
/** As many words as a vocabulary of a few ten thousand tokens can be learned from, each of them twice. */
const captions = Array.from({ length: 800 }, (_, caption) =>
  Array.from({ length: wordsPerCaption }, (_, place) => word((caption * wordsPerCaption + place) % 20_000)).join(' '),
);
const onePixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-read-'));
  const store = openStore(folder);
  const writer = datasetWriter(store, { name: 'words', licences: [] });
  for (const half of [0, 1])
    await writer.add({
      key: `pair-${half}`,
      image: onePixel,
      extension: 'png',
      captions: captions.slice(half * 400, (half + 1) * 400),
    });
  await writer.finish();
  await store.close();
});
afterAll(() => rm(folder, { recursive: true }));

describe('readData', () => {
  it("gives the data set's numbers, and CLIP's tokenizer or none", async () => {
    const config = run({ tokenizer: { kind: 'clip' }, model: preset('ViT-B-32')! });
    const { tokenizer, ...facts } = await readData({ config, storeAccess: {}, withTokenizer: true });
    expect(facts).toEqual({
      trainPairs: 2,
      stepsPerEpoch: 1,
      datasetSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      advice: [
        'A batch holds 100 % of all pairs: 1.0 steps see each.',
        '100 % of the captions have more than 77 tokens: the rest is not read.',
      ],
    });
    expect((await readTokenizer(tokenizer!)).hash).toBe(clipTokenizer().hash);
    expect(await readData({ config, storeAccess: {}, withTokenizer: false })).toEqual(facts);
  });

  it('measures captions with the tokenizer that it learns, and asks for several results to choose from', async () => {
    const config = run({
      tokenizer: { kind: 'bpe', vocabulary: 1000 },
      model: { ...run().model, text_cfg: { ...run().model.text_cfg, vocab_size: 1000 } },
      evaluation: { zeroShot: [] },
    });
    const keepsBest = { ...config, checkpoint: { ...config.checkpoint, keepBest: 'held-out' } };
    const { advice } = await readData({ config: keepsBest, storeAccess: {}, withTokenizer: true });
    expect(advice.slice(1)).toEqual([
      '100 % of the captions have more than 8 tokens: the rest is not read.',
      'checkpoint.keepBest has only one result to choose from: set evaluation.everySteps.',
    ]);
    const unknown = await readData({ config, storeAccess: {}, withTokenizer: false });
    expect(unknown.advice).toHaveLength(1);
  });

  it('learns a vocabulary of a million from the captions while the event loop goes on', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const { tokenizer } = await readData({ config: run(), storeAccess: {}, withTokenizer: true });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(50);
    const { document } = await readTokenizer(tokenizer!);
    expect(document.merges.length).toBeGreaterThan(10_000);
    expect(document).toEqual(trainBpe(captions, 1_000_000).document);
  });

  it('throws what is wrong with the data set or the sampling', async () => {
    const absent = run({ data: { train: join(folder, 'absent') } });
    await expect(readData({ config: absent, storeAccess: {}, withTokenizer: true })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('absent') as string,
      help: expect.stringContaining('dataset prepare') as string,
    });
    const grouped = run({ data: { train: folder, sampling: 'groups' } });
    await expect(readData({ config: grouped, storeAccess: {}, withTokenizer: true })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('refuses a batch larger than the data set, unless the loss leaves equal images out', async () => {
    await expect(readData({ config: run({ batch: 3 }), storeAccess: {}, withTokenizer: false })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/^batch: expected at most the 2 pairs of data.train, got 3/) as string,
    });
    const masked = run({ batch: 3, loss: { kind: 'softmax', maskSameImage: true } });
    await expect(readData({ config: masked, storeAccess: {}, withTokenizer: false })).resolves.toMatchObject({
      trainPairs: 2,
    });
  });

  it('opens the data of every evaluation, and asks it for groups', async () => {
    const evaluated = (data: string): RunConfig => run({ evaluation: { zeroShot: [{ name: 'held-out', data }] } });
    const absent = readData({ config: evaluated(join(folder, 'absent')), storeAccess: {}, withTokenizer: false });
    await expect(absent).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/^evaluation\.zeroShot\.0\.data: Expected a data set at .*absent/) as string,
    });
    const ungrouped = readData({ config: evaluated(folder), storeAccess: {}, withTokenizer: false });
    await expect(ungrouped).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringMatching(/^evaluation\.zeroShot\.0\.data: .*"words" without groups/) as string,
    });
  });

  it('ends when the run is stopped', async () => {
    const stopping = new AbortController();
    const reading = readData({ config: run(), storeAccess: {}, withTokenizer: true }, stopping.signal);
    stopping.abort();
    await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(
      readData({ config: run(), storeAccess: {}, withTokenizer: true }, stopping.signal),
    ).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

function run(changes: Partial<RunConfigInput> = {}): RunConfig {
  return parseRunConfig({
    name: 'words',
    model: {
      embed_dim: 8,
      vision_cfg: { image_size: 16, layers: 1, width: 16, patch_size: 8, head_width: 8 },
      text_cfg: { context_length: 8, vocab_size: 1_000_000, width: 16, heads: 2, layers: 1 },
    },
    tokenizer: { kind: 'bpe', vocabulary: 1_000_000 },
    data: { train: folder },
    batch: 2,
    shards: 1,
    steps: 1,
    ...changes,
  });
}

/** A word of letters for each number. */
function word(number: number): string {
  let rest = number * 2_654_435_761;
  let letters = '';
  for (let i = 0; i < 7; i++) {
    letters += String.fromCharCode(0x61 + (rest % 26));
    rest = Math.floor(rest / 26);
  }
  return letters;
}
