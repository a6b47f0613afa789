// Goal: transformers.js computes from an exported folder what Tandem computes with the model.
// Method: a small model is exported. transformers.js reads folder, images and texts by itself, without a network, and
// embeddings and probabilities are compared. Images of the model's size need no resizing; for others, whose resizing
// differs a little between the two, the difference is measured.
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AutoProcessor,
  AutoTokenizer,
  CLIPTextModelWithProjection,
  CLIPVisionModelWithProjection,
  env,
  pipeline,
  RawImage,
  type Tensor,
} from '@huggingface/transformers';
import { ort } from '#engine/run/onnxruntime/onnxruntime.js';
import web from 'onnxruntime-web';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluationImage } from '#data/image/evaluation-image.js';
import type { Device } from '#engine/device.js';
import { openOrtDevice } from '#engine/run/onnxruntime/ort-device.js';
import { openClipModel, type ClipModel } from '#inference/clip-model.js';
import { exportModel } from '#inference/export/export-model.js';
import { predict } from '#inference/predict.js';
import { initialParameters } from '#model/parameters/initialise.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import { preset } from '#model/zoo/presets.js';
import { seededRandom } from '#model/parameters/seeded-random.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import type { TextConfig } from '#protocol/run/text-config.js';
import { narrowFloat16, widenFloat16 } from '#kernel/half-precision.js';
import { tinyClipConfig, tinyTokenizer } from '../support/models/tiny-clip.js';

const config: ClipConfig = {
  ...tinyClipConfig,
  vision_cfg: { image_size: 32, layers: 2, width: 16, patch_size: 8, head_width: 8, mlp_ratio: 2 },
  text_cfg: { ...tinyClipConfig.text_cfg, layers: 2 },
};
const tokenizer = tinyTokenizer();
const stored = { config, parameters: initialParameters(config, 5), tokenizer };

let models: string;
let device: Device;
let model: ClipModel;

beforeAll(async () => {
  models = await mkdtemp(join(tmpdir(), 'tandem-export-'));
  device = openOrtDevice({ kind: 'cpu', threads: 1 });
  model = await openClipModel({ ...stored, device, batch: 4 });
  await exportModel(stored, join(models, 'small'));
  Object.assign(env, { allowRemoteModels: false, localModelPath: models });
});
afterAll(async () => {
  await device.close();
  await rm(models, { recursive: true });
});

describe('transformers.js reads an exported folder', () => {
  it.each([1, 3, 8])('images, %i at once: its processor and its model give our embeddings', async (count) => {
    const files = await Promise.all(Array.from({ length: count }, (_, at) => noise(32, 32, at)));
    const processor = await AutoProcessor.from_pretrained('small');
    const tower = await CLIPVisionModelWithProjection.from_pretrained('small');
    const { pixel_values } = await processor(await Promise.all(files.map(rawImage)));
    const { image_embeds } = (await tower({ pixel_values })) as { image_embeds: Tensor };
    const ours = await model.embedImages(await evaluationImages(files));
    expect(largestDifference(unitRows(image_embeds.data as Float32Array), ours)).toBeLessThan(1e-5);
    await tower.dispose();
  });

  it.each([1, 3])('images of a ResNet, %i at once: normalised by its running statistics', async (count) => {
    const resNet = {
      ...config,
      vision_cfg: { image_size: 32, width: 8, layers: [1, 1, 1, 1], patch_size: null, head_width: 32 },
    } satisfies ClipConfig;
    const random = seededRandom(3, 'values');
    const parameters = Object.fromEntries(
      Object.entries(initialParameters(resNet, 7)).map(([name, values]) => [
        name,
        /\.bn\d\./.test(name) ? values.map(() => 0.5 + random.uniform()) : values,
      ]),
    );
    const resNetModel = { config: resNet, parameters, tokenizer };
    await exportModel(resNetModel, join(models, 'resnet'), { replace: true });
    const files = await Promise.all(Array.from({ length: count }, (_, at) => noise(32, 32, at)));
    const processor = await AutoProcessor.from_pretrained('resnet');
    const tower = await CLIPVisionModelWithProjection.from_pretrained('resnet');
    const { pixel_values } = await processor(await Promise.all(files.map(rawImage)));
    const { image_embeds } = (await tower({ pixel_values })) as { image_embeds: Tensor };
    const opened = await openClipModel({ ...resNetModel, device, batch: 4 });
    expect(
      largestDifference(
        unitRows(image_embeds.data as Float32Array),
        await opened.embedImages(await evaluationImages(files)),
      ),
    ).toBeLessThan(1e-5);
    await tower.dispose();
    await opened.close();
    await rm(join(models, 'resnet'), { recursive: true });
  });

  it.each<[string, string[]]>([
    ['one', ['a red square']],
    ['three of different lengths', ['red', 'a drawing of a blue square.', '']],
    [
      'eight, some too long',
      [
        'a',
        'b c',
        'a photo of a red square, a green square and a blue square',
        'zebra crossing',
        'x',
        'red red red red red red red red red red',
        '!',
        '9',
      ],
    ],
  ])('texts, %s: its tokenizer and its model give our embeddings', async (_, texts) => {
    const theirs = await AutoTokenizer.from_pretrained('small');
    const tower = await CLIPTextModelWithProjection.from_pretrained('small');
    const { text_embeds } = (await tower(theirs(texts, { padding: true, truncation: true }))) as {
      text_embeds: Tensor;
    };
    expect(largestDifference(unitRows(text_embeds.data as Float32Array), await model.embedTexts(texts))).toBeLessThan(
      1e-5,
    );
    await tower.dispose();
  });

  it.each<[string, Partial<TextConfig>]>([
    ['sees captions whole', { no_causal_mask: true }],
    ['reads the last token', { pool_type: 'last' }],
    [
      'reads the first token, of all it sees, and projects with a bias',
      { no_causal_mask: true, pool_type: 'first', proj_bias: true },
    ],
  ])('texts, by a tower that %s: what fills them up is what it was trained with', async (_, kind) => {
    const other = { ...config, text_cfg: { ...config.text_cfg, ...kind } };
    const otherModel = { config: other, parameters: initialParameters(other, 6), tokenizer };
    await exportModel(otherModel, join(models, 'other'), { replace: true });
    const texts = ['red', 'a drawing of a blue square.', 'a photo of a red square, a green square and a blue square'];
    const theirs = await AutoTokenizer.from_pretrained('other');
    const tower = await CLIPTextModelWithProjection.from_pretrained('other');
    const { text_embeds } = (await tower(theirs(texts, { padding: true, truncation: true }))) as {
      text_embeds: Tensor;
    };
    const opened = await openClipModel({ ...otherModel, device, batch: 4 });
    expect(largestDifference(unitRows(text_embeds.data as Float32Array), await opened.embedTexts(texts))).toBeLessThan(
      1e-5,
    );
    const short = (await tower(theirs(['red'], { padding: true, truncation: true }))) as { text_embeds: Tensor };
    expect(
      largestDifference(unitRows(short.text_embeds.data as Float32Array), await opened.embedTexts(['red'])),
    ).toBeLessThan(1e-5);
    await tower.dispose();
    await opened.close();
    await rm(join(models, 'other'), { recursive: true });
  });

  it('the zero-shot pipeline gives the probabilities that predict gives', async () => {
    const [image, labels] = [await noise(32, 32, 1), ['red', 'a green square', 'zebra']];
    const classify = await pipeline('zero-shot-image-classification', 'small');
    const theirs = (await classify(await rawImage(image), labels, { hypothesis_template: 'a photo of a {}.' })) as {
      label: string;
      score: number;
    }[];
    const ours = await predict(model, image, labels, { templates: ['a photo of a {}.'] });
    expect(theirs.map(({ label }) => label)).toEqual(ours.map(({ label }) => label));
    ours.forEach(({ probability }, at) => expect(Math.abs(theirs[at]!.score - probability)).toBeLessThan(1e-5));
    await classify.dispose();
  });

  it('images of another size come close: the package resizes without antialiasing and half a pixel off', async () => {
    const [image, labels] = [await smoothImage(96, 64), ['red', 'a green square', 'zebra']];
    const classify = await pipeline('zero-shot-image-classification', 'small');
    const theirs = (await classify(await rawImage(image), labels, { hypothesis_template: 'a photo of a {}.' })) as {
      label: string;
      score: number;
    }[];
    const ours = await predict(model, image, labels, { templates: ['a photo of a {}.'] });
    const differences = ours.map(({ label, probability }) =>
      Math.abs(theirs.find((each) => each.label === label)!.score - probability),
    );
    expect(Math.max(...differences)).toBeLessThan(0.01);
    await classify.dispose();
  });
});

describe('an exported folder', () => {
  it('runs in the WebAssembly of browsers as in ONNX Runtime', async () => {
    const bytes = new Uint8Array(await readFile(join(models, 'small/onnx/model.onnx')));
    const [tokens, pixels] = [
      [538n, 7n, 539n, 538n, 539n, 539n],
      Float32Array.from({ length: 3 * 3 * 32 * 32 }, (_, at) => Math.sin(at)),
    ];
    const run = async (runtime: Pick<typeof ort, 'InferenceSession' | 'Tensor'>): Promise<Float32Array> => {
      const session = await runtime.InferenceSession.create(bytes);
      const { logits_per_image: logits } = await session.run({
        input_ids: new runtime.Tensor('int64', BigInt64Array.from(tokens), [2, 3]),
        pixel_values: new runtime.Tensor('float32', pixels, [3, 3, 32, 32]),
      });
      await session.release();
      expect(logits!.dims).toEqual([3, 2]);
      return logits!.data as Float32Array;
    };
    expect(largestDifference(await run(web as unknown as typeof ort), await run(ort))).toBeLessThan(1e-4);
  });

  it('adds the bias of the logits where the model has one', async () => {
    const sigLip = {
      ...stored,
      config: { ...config, init_logit_bias: -10 },
      parameters: { ...stored.parameters, logit_bias: Float32Array.of(-7.5) },
    };
    await exportModel(sigLip, join(models, 'bias'), { type: 'float16' });
    await exportModel(stored, join(models, 'no-bias'), { type: 'float16' });
    const logitsOf = async (name: string): Promise<Float32Array> => {
      const session = await ort.InferenceSession.create(join(models, name, 'onnx/model_fp16.onnx'));
      const { logits_per_image: logits } = await session.run({
        input_ids: new ort.Tensor('int64', BigInt64Array.of(538n, 7n, 539n), [1, 3]),
        pixel_values: new ort.Tensor(
          'float32',
          Float32Array.from({ length: 3 * 32 * 32 }, (_, at) => Math.sin(at)),
          [1, 3, 32, 32],
        ),
      });
      await session.release();
      await rm(join(models, name), { recursive: true });
      return logits!.data as Float32Array;
    };
    expect((await logitsOf('bias'))[0]! - (await logitsOf('no-bias'))[0]!).toBeCloseTo(-7.5, 5);
  });

  it('holds float16 in half the bytes, and computes what the rounded parameters give', async () => {
    const rows = async (name: string, file: string): Promise<Float32Array> => {
      const session = await ort.InferenceSession.create(join(models, name, file));
      const pixels = Float32Array.from({ length: 3 * 32 * 32 }, (_, at) => Math.sin(at));
      const { image_embeds: embeddings } = await session.run({
        pixel_values: new ort.Tensor('float32', pixels, [1, 3, 32, 32]),
      });
      await session.release();
      return unitRows(embeddings!.data as Float32Array);
    };
    await exportModel(stored, join(models, 'half'), { type: 'float16' });
    const rounded = Object.fromEntries(
      Object.entries(stored.parameters).map(([name, values]) => [name, widenFloat16(narrowFloat16(values))]),
    );
    await exportModel({ ...stored, parameters: rounded }, join(models, 'rounded'));
    const half = await rows('half', 'onnx/vision_model_fp16.onnx');
    expect(largestDifference(half, await rows('rounded', 'onnx/vision_model.onnx'))).toBeLessThan(1e-6);
    expect(largestDifference(half, await rows('small', 'onnx/vision_model.onnx'))).toBeGreaterThan(1e-5);
    const classify = await pipeline('zero-shot-image-classification', 'half');
    expect(await classify(await rawImage(await noise(32, 32, 1)), ['red', 'zebra'])).toHaveLength(2);
    await classify.dispose();
    const bytes = async (name: string, file: string): Promise<number> => (await stat(join(models, name, file))).size;
    const parameters = Object.values(stored.parameters).reduce((sum, { length }) => sum + length, 0);
    expect((await bytes('small', 'onnx/model.onnx')) - (await bytes('half', 'onnx/model_fp16.onnx'))).toBeGreaterThan(
      1.5 * parameters,
    ); // two bytes each, less what widening them takes
    await rm(join(models, 'half'), { recursive: true });
    await rm(join(models, 'rounded'), { recursive: true });
  });

  it('holds int8 in a quarter of the bytes, and gives nearly the same embeddings', async () => {
    const scattered = { ...stored, parameters: scatteredParameters() };
    await exportModel(scattered, join(models, 'whole'));
    await exportModel(scattered, join(models, 'bytes'), { type: 'int8' });
    const rows = async (name: string, file: string, feeds: Record<string, ort.Tensor>): Promise<Float32Array> => {
      const session = await ort.InferenceSession.create(join(models, name, file));
      const [embeddings] = Object.values(await session.run(feeds));
      await session.release();
      return unitRows(embeddings!.data as Float32Array);
    };
    const d = config.embed_dim;
    const leastCosine = (a: Float32Array, b: Float32Array): number =>
      Math.min(
        ...Array.from({ length: a.length / d }, (_, row) =>
          a.subarray(row * d, row * d + d).reduce((sum, value, i) => sum + value * b[row * d + i]!, 0),
        ),
      );
    const pixels = Float32Array.from({ length: 4 * 3 * 32 * 32 }, (_, at) => Math.sin(at * at));
    const images = { pixel_values: new ort.Tensor('float32', pixels, [4, 3, 32, 32]) };
    const texts = { input_ids: new ort.Tensor('int64', BigInt64Array.of(538n, 7n, 539n, 538n, 70n, 9n), [2, 3]) };
    for (const [file, feeds] of [
      ['vision_model', images],
      ['text_model', texts],
    ] as const) {
      const [whole, bytes] = [
        await rows('whole', `onnx/${file}.onnx`, feeds),
        await rows('bytes', `onnx/${file}_int8.onnx`, feeds),
      ];
      expect(leastCosine(whole, bytes)).toBeGreaterThan(0.999);
      expect(largestDifference(whole, bytes)).toBeGreaterThan(1e-5);
    }
    const classify = await pipeline('zero-shot-image-classification', 'bytes');
    expect(await classify(await rawImage(await noise(32, 32, 1)), ['red', 'zebra'])).toHaveLength(2);
    await classify.dispose();
    const sizeOf = async (name: string, file: string): Promise<number> => (await stat(join(models, name, file))).size;
    const matrices = parameterSpecs(config).filter(({ shape }) => shape.length > 1);
    const elements = matrices.reduce((sum, { shape }) => sum + shape.reduce((size, extent) => size * extent), 0);
    const saved = (await sizeOf('whole', 'onnx/model.onnx')) - (await sizeOf('bytes', 'onnx/model_int8.onnx'));
    expect(saved).toBeGreaterThan(2 * elements); // Three bytes each, less the scales and what reads them.

    const damaged = { ...stored.parameters, 'visual.proj': stored.parameters['visual.proj']!.map(() => NaN) };
    await expect(
      exportModel({ ...stored, parameters: damaged }, join(models, 'damaged'), { type: 'int8' }),
    ).rejects.toThrow('visual.proj holds NaN, which int8 cannot');
    await rm(join(models, 'whole'), { recursive: true });
    await rm(join(models, 'bytes'), { recursive: true });
  });

  it('has each tower once on the disk, under two names', async () => {
    const inode = async (path: string): Promise<number> => (await stat(join(models, 'small', path))).ino;
    expect(await inode('image.onnx')).toBe(await inode('onnx/vision_model.onnx'));
    expect(await inode('text.onnx')).toBe(await inode('onnx/text_model.onnx'));
  });

  it('is not written over without replace, and then only its own files', async () => {
    const folder = join(models, 'taken');
    await mkdir(folder);
    await writeFile(join(folder, 'notes.txt'), 'mine');
    await expect(exportModel(stored, folder)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('found notes.txt in it') as string,
    });
    await exportModel(stored, folder, { replace: true });
    await exportModel(stored, folder, { replace: true });
    expect(await readFile(join(folder, 'notes.txt'), 'utf8')).toBe('mine');
    expect((await readdir(folder)).sort()).toEqual([
      'config.json',
      'image.onnx',
      'notes.txt',
      'onnx',
      'package.json',
      'prepare-image.js',
      'preprocessor_config.json',
      'text.onnx',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    await expect(exportModel(stored, join(folder, 'notes.txt'))).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('found a file') as string,
    });
  });

  it(
    'is refused, before anything is written, for a model that no ONNX file can hold or with another ' + 'tokenizer',
    async () => {
      const large = {
        ...stored,
        config: { ...preset('ViT-H-14')!, text_cfg: { ...preset('ViT-H-14')!.text_cfg, vocab_size: 540 } },
      };
      await expect(exportModel(large, join(models, 'large'))).rejects.toMatchObject({
        code: 'UNSUPPORTED_OP',
        message: expect.stringMatching(/at most 1\.98 GiB.*got 3\.\d\d GiB/) as string,
      });
      await expect(
        exportModel({ ...stored, config: preset('ViT-B-32')! }, join(models, 'large')),
      ).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
      });
      expect((await readdir(models)).sort()).toEqual(['small', 'taken']);
    },
  );
});

/** Parameters far from their initial values, which are as alike as few trained ones are. */
function scatteredParameters(): Record<string, Float32Array> {
  const random = seededRandom(9, 'values');
  return Object.fromEntries(
    Object.entries(stored.parameters).map(([name, values]) => [
      name,
      values.length === 1 ? values : values.map((value) => value * (0.5 + random.uniform()) + 0.02 * random.normal()),
    ]),
  );
}

async function evaluationImages(files: readonly Uint8Array[]): Promise<Float32Array> {
  const side = config.vision_cfg.image_size;
  const pixels = new Float32Array(files.length * side * side * 3);
  for (const [row, file] of files.entries()) pixels.set(await evaluationImage(file, side), row * side * side * 3);
  return pixels;
}

/** A PNG of colours with noise. */
async function noise(width: number, height: number, phase: number): Promise<Uint8Array> {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const [x, y, channel] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width), at % 3];
    return (
      128 +
      80 * Math.sin((6 * x) / width + channel + phase) * Math.cos((5 * y) / height - phase) +
      40 * Math.sin(at * at)
    );
  });
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** A PNG of soft shapes, as photographs have. */
async function smoothImage(width: number, height: number): Promise<Uint8Array> {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const [x, y, channel] = [(Math.floor(at / 3) % width) / width, Math.floor(at / 3 / width) / height, at % 3];
    return 128 + 60 * Math.sin(9 * x + channel) * Math.cos(7 * y) + 60 * Math.sin(40 * (x * x + y * y));
  });
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

function rawImage(file: Uint8Array): Promise<RawImage> {
  return RawImage.fromBlob(new Blob([file.slice()]));
}

function unitRows(rows: Float32Array): Float32Array {
  const d = config.embed_dim;
  return rows.map((value, at) => value / Math.hypot(...rows.subarray(at - (at % d), at - (at % d) + d)));
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((largest, value, at) => Math.max(largest, Math.abs(value - b[at]!)), 0);
}
