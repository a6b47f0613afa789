// Goal: a model whose pictures are prepared otherwise than CLIP's keeps that when it is converted, and it is said.
// Method: models written here, with the documents of open_clip and Hugging Face beside them.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openModelWeights } from '#weights/model-weights.js';
import { huggingFacePreprocessing, ownPreprocessing } from '#weights/preprocessing.js';
import { writeWeights } from '#weights/write-weights.js';
import { randomWeights, weightsOf } from '../support/models/random-weights.js';
import { tinyClipConfig } from '../support/models/tiny-clip.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-preprocessing-'));
});
afterAll(() => rm(folder, { recursive: true }));

const model = weightsOf(tinyClipConfig, randomWeights(tinyClipConfig, 1));
const half = [0.5, 0.5, 0.5];
const sigLips = { mean: half, std: half, interpolation: 'bicubic', resize_mode: 'squash' };
const said =
  'its pictures are prepared with mean 0.5000 0.5000 0.5000 (here 0.4815 0.4578 0.4082), ' +
  'std 0.5000 0.5000 0.5000 (here 0.2686 0.2613 0.2758), resize_mode squash (here shortest): ' +
  'Tandem gives other embeddings of a picture';

it("open_clip's preprocess_cfg", async () => {
  const [from, to] = [join(folder, 'squashed'), join(folder, 'squashed-again')];
  await writeWeights({ ...model, preprocessing: sigLips }, from, { format: 'open_clip', dtype: 'float32' });
  const weights = await openModelWeights(from);
  expect(weights.notes).toEqual([said]);
  await writeWeights(weights, to, { format: 'open_clip', dtype: 'float32' });
  await weights.close();
  expect(JSON.parse(await readFile(join(to, 'open_clip_config.json'), 'utf8'))).toMatchObject({
    preprocess_cfg: sigLips,
  });
});

it("Hugging Face's preprocessor_config.json", async () => {
  const from = join(folder, 'hf');
  await writeWeights(model, from, { format: 'huggingface', dtype: 'float32' });
  const documents: [unknown, string[], unknown][] = [
    [huggingFacePreprocessing(sigLips, 16), [said], sigLips],
    [huggingFacePreprocessing(ownPreprocessing, 16), [], { ...ownPreprocessing }],
    [
      { resample: 2, size: 16 },
      [expect.stringContaining('with interpolation bilinear (here bicubic): ') as string],
      { ...ownPreprocessing, interpolation: 'bilinear' },
    ],
    ['no object', [], undefined],
  ];
  for (const [document, notes, expected] of documents) {
    await writeFile(join(from, 'preprocessor_config.json'), JSON.stringify(document));
    const weights = await openModelWeights(from);
    expect(weights.notes).toEqual(notes);
    expect(weights.preprocessing).toEqual(expected);
    await weights.close();
  }
});
