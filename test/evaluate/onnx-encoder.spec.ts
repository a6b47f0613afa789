// Goal: an ONNX image encoder gets images as its input says, and one that is none is refused with its inputs and
// outputs. Method: models of one operator, made here.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clipPreparation, evaluationImage } from '#data/image/evaluation-image.js';
import { encodeModel, standardOperators, type OnnxDimension, type OnnxNode } from '#engine/lower/onnx-schema.js';
import { openOnnxEncoder, type OnnxEncoderOptions } from '#evaluate/features/onnx-encoder.js';
import { squareImage } from '../support/models/tiny-clip.js';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'tandem-onnx-'))));
afterAll(() => rm(folder, { recursive: true }));

type Shape = readonly (number | string)[];
const dims = (shape: Shape): OnnxDimension[] =>
  shape.map((length) => (typeof length === 'number' ? { dim_value: length } : { dim_param: length }));
const port = (name: string, shape: Shape) => ({
  name,
  type: { tensor_type: { elem_type: 1, shape: { dim: dims(shape) } } },
});

/** The mean of each channel, as many times as there are outputs. */
async function meansModel(input: Shape, axes: readonly number[], outputs: readonly string[]): Promise<string> {
  const node = (output: string): OnnxNode => ({
    op_type: 'ReduceMean',
    domain: '',
    name: output,
    input: ['pixels', 'axes'],
    output: [output],
    attribute: [{ name: 'keepdims', type: 2, i: 0 }],
  });
  const data = new Uint8Array(BigInt64Array.from(axes, BigInt).buffer);
  const model = encodeModel(
    {
      name: 'means',
      node: outputs.map(node),
      initializer: [{ name: 'axes', dims: [axes.length], data_type: 7, raw_data: data }],
      input: [port('pixels', input)],
      output: outputs.map((output) => port(output, [input[0]!, 3])),
    },
    standardOperators,
  );
  const path = join(folder, `${input.join('-')}-${outputs.join('-')}.onnx`);
  await writeFile(path, model);
  return path;
}

const open = (path: string, options: Partial<OnnxEncoderOptions> = {}) =>
  openOnnxEncoder({ path, fileHash: 'hash', preparation: clipPreparation, batch: 4, threads: 1, ...options });

describe('ONNX encoder', () => {
  it.each([
    ['channels first', ['b', 3, 16, 16], [2, 3], {}],
    ['channels last', ['b', 16, 16, 3], [1, 2], {}],
    ['a batch of its own', [5, 3, 16, 16], [2, 3], {}],
    ['any size', ['b', 3, 'h', 'w'], [2, 3], { side: 16 }],
  ] as const)('%s', async (_, input, axes, options) => {
    const encoder = await open(await meansModel(input, axes, ['means']), options);
    const images = await Promise.all(['red', 'navy', 'lime'].map((colour) => squareImage(colour)));
    const prepared = await Promise.all(images.map((image) => encoder.prepare(image)));
    const pixels = new Float32Array(prepared.flatMap((one) => [...one]));
    const { features, embeddings } = await encoder.embed(pixels);
    expect([features.length, embeddings]).toEqual([9, undefined]);
    for (const [row, image] of images.entries()) {
      const values = await evaluationImage(image, 16);
      for (const channel of [0, 1, 2]) {
        const own = values.filter((__, at) => at % 3 === channel);
        expect(features[row * 3 + channel]).toBeCloseTo(own.reduce((a, b) => a + b, 0) / own.length, 4);
      }
    }
    await encoder.close();
  });

  it('takes the output that is named, and refuses to choose', async () => {
    const path = await meansModel(['b', 3, 16, 16], [2, 3], ['one', 'two']);
    await expect(open(path)).rejects.toThrow(
      'expected one output of float32 [b, w]; name one with --output; got one float32 [b, 3]; two float32 [b, 3]',
    );
    const [one, two] = [await open(path, { output: 'one' }), await open(path, { output: 'two' })];
    expect(one.hash).not.toBe(two.hash);
    await one.close();
    await two.close();
  });

  it('refuses what is no image encoder', async () => {
    await expect(open(await meansModel(['b', 4, 16, 16], [2, 3], ['means']))).rejects.toThrow(/an axis of 3 channels/);
    await expect(open(await meansModel(['b', 3, 'h', 'w'], [2, 3], ['means']))).rejects.toThrow(
      /the side of its images/,
    );
    await expect(open(await meansModel(['b', 3, 16, 20], [2, 3], ['means']))).rejects.toThrow(/as wide as high/);
    const broken = join(folder, 'broken.onnx');
    await writeFile(broken, 'no model');
    await expect(open(broken)).rejects.toMatchObject({ code: 'UNSUPPORTED_OP' });
  });
});
