// Goal: a run on the pool that starts from another tool's weights gives the numbers of plain tfjs from these weights.
// Method: real workers and a real Redis, and weights in a Hugging Face folder.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '#data/dataset/dataset.js';
import { huggingFaceTokenizer } from '#data/text/hugging-face-tokenizer.js';
import { clipTokenizer } from '#data/text/tokenizer.js';
import { trainBpe } from '#data/text/train-bpe.js';
import { initialParameters } from '#model/parameters/initialise.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { latestCheckpoint, readCheckpoint } from '#store/run/checkpoint.js';
import { runKeys } from '#store/run/keys.js';
import { openStore } from '#store/open-store.js';
import { float32Values } from '#store/safetensors/safetensors.js';
import type { Store } from '#store/store.js';
import { writeWeights } from '#weights/write-weights.js';
import { startPool, type TestPool } from '../support/pool.js';
import { writeTinyData } from '../support/models/tiny-data.js';
import { tinyRun } from '../support/models/tiny-run.js';
import { trainPlainly } from './plain-training.js';

let directory: string;
let weights: string;
let store: Store;
let pool: TestPool;
const { model } = tinyRun('data');
const imported = initialParameters(model, 99);
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tandem-imported-'));
  weights = join(directory, 'clip-hf');
  await writeWeights({ config: model, read: async (name) => imported[name]! }, weights, {
    format: 'huggingface',
    dtype: 'float32',
  });
  await writeTinyData(join(directory, 'data'));
  const captions: string[] = [];
  for await (const caption of (await openDataset(openStore(join(directory, 'data')))).captions())
    captions.push(caption);
  await writeFile(join(weights, 'tokenizer.json'), JSON.stringify(huggingFaceTokenizer(trainBpe(captions, 540))));
  store = openStore(join(directory, 'store'));
  pool = await startPool();
  await pool.addWorker();
});
afterAll(async () => {
  await pool.stop();
  await rm(directory, { recursive: true });
});

async function parametersAfter(id: string, config: RunConfig): Promise<Record<string, Float32Array>> {
  await pool.train({ id, config, store });
  const { blobs } = await readCheckpoint(store, (await latestCheckpoint(store, runKeys(id).checkpoints))!.folder);
  return float32Values(blobs['parameters.safetensors']!);
}

function expectNear(
  got: Readonly<Record<string, Float32Array>>,
  expected: Readonly<Record<string, Float32Array>>,
): void {
  for (const [name, values] of Object.entries(expected)) {
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12);
    values.forEach((value, i) => expect(Math.abs(got[name]![i]! - value) / largest, name).toBeLessThan(1e-5));
  }
}

describe('from imported weights', () => {
  it('the pool gives the numbers of plain tfjs, and the document notes the sha256 of the weights', async () => {
    const config = tinyRun(join(directory, 'data'), { steps: 3, init: weights });
    const plain = await trainPlainly(config, { start: imported });
    expectNear(await parametersAfter('imported', config), plain.parameters);
    const document = JSON.parse(new TextDecoder().decode(await store.get(runKeys('imported').document))) as RunConfig;
    expect(document.init).toEqual({
      weights: `file:${weights}`,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
  });

  it('captions are tokenized by the tokenizer of the weights, whatever the data set', async () => {
    const own = trainBpe(['xylophone', 'xylophones', 'xylophonist'], 540);
    const elsewhere = join(directory, 'other-tokens');
    await writeWeights({ config: model, read: async (name) => imported[name]! }, elsewhere, {
      format: 'huggingface',
      dtype: 'float32',
    });
    const config = tinyRun(join(directory, 'data'), { steps: 2, init: elsewhere });
    await expect(pool.train({ id: 'no-tokens', config, store })).rejects.toThrow(
      `expected a tokenizer.json beside file:${elsewhere}`,
    );
    await pool.train({ id: 'image-only', config: { ...config, init: { weights: elsewhere, only: ['image'] } }, store });

    await writeFile(join(elsewhere, 'tokenizer.json'), JSON.stringify(own.document));
    await pool.train({ id: 'own-tokens', config, store });
    expect(JSON.parse(await readFile(join(directory, 'store', runKeys('own-tokens').tokenizer), 'utf8'))).toEqual(
      own.document,
    );
    await writeFile(join(elsewhere, 'tokenizer.json'), JSON.stringify(trainBpe(['xylophone'], 530).document));
    await expect(pool.train({ id: 'few-tokens', config, store })).rejects.toThrow(
      'expected a tokenizer of tokenizer.vocabulary = 540 tokens',
    );
    await writeFile(join(elsewhere, 'tokenizer.json'), '{}');
    await expect(pool.train({ id: 'bad-tokens', config, store })).rejects.toThrow("is no tokenizer of CLIP's kind");
  });

  it('a tokenizer of as many tokens as CLIP has is not taken for that of CLIP', async () => {
    const large = { ...model, text_cfg: { ...model.text_cfg, vocab_size: 49_408 } };
    const [values, elsewhere] = [initialParameters(large, 99), join(directory, 'as-large')];
    await writeWeights({ config: large, read: async (name) => values[name]! }, elsewhere, {
      format: 'huggingface',
      dtype: 'float32',
    });
    const own = trainBpe(['xylophone', 'xylophones', 'xylophonist'], 49_408);
    await writeFile(join(elsewhere, 'tokenizer.json'), JSON.stringify(huggingFaceTokenizer(own)));
    const config = { ...tinyRun(join(directory, 'data'), { steps: 2, init: elsewhere }), model: large };
    const clips = { ...config, tokenizer: { kind: 'clip' } as const };
    await expect(pool.train({ id: 'not-clips', config: clips, store })).rejects.toThrow(
      `expected the one beside file:${elsewhere}, whose text tower knows its tokens only, got CLIP's own`,
    );
    const image = { ...clips, init: { weights: elsewhere, only: ['image'] } };
    await pool.train({ id: 'clips', config: image, store });
    await writeFile(join(elsewhere, 'tokenizer.json'), JSON.stringify(huggingFaceTokenizer(clipTokenizer())));
    await pool.train({ id: 'is-clips', config: clips, store });
  });

  it('a resumed run starts from the same weights, or is refused', async () => {
    const config = tinyRun(join(directory, 'data'), { steps: 3, init: weights });
    const ending = new AbortController();
    const cut = pool.train({
      id: 'cut',
      config,
      store,
      signal: ending.signal,
      onEvent: (event) => void (event.kind === 'step' && event.metrics.step === 2 && ending.abort()),
    });
    await expect(cut).rejects.toMatchObject({ code: 'CANCELLED' });

    await writeWeights({ config: model, read: async (name) => initialParameters(model, 98)[name]! }, weights, {
      replace: true,
      format: 'huggingface',
      dtype: 'float32',
    });
    await expect(pool.train({ id: 'cut', config, store })).rejects.toThrow(/Initial weights: expected sha256/);
    await writeWeights({ config: model, read: async (name) => imported[name]! }, weights, {
      replace: true,
      format: 'huggingface',
      dtype: 'float32',
    });
    expect(await parametersAfter('cut', config)).toEqual(await parametersAfter('imported-again', config));
  });
});
