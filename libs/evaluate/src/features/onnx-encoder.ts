import { canonicalJson, sha256 } from '#data/dataset/canonical-json.js';
import { evaluationImage, type ImagePreparation } from '#data/image/evaluation-image.js';
import type { OnnxPort, OnnxValue } from '#engine/run/onnxruntime/onnx-message.js';
import { openOnnxSession } from '#engine/run/onnxruntime/onnx-session.js';
import { shownList } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { ImageEncoder } from './image-encoder.js';

export interface OnnxEncoderOptions {
  /** Path of the file; external data are beside it. */
  readonly path: string;
  /** sha256 of the file. */
  readonly fileHash: string;
  readonly preparation: ImagePreparation;
  /** Pixels of a side, where the model takes any. */
  readonly side?: number;
  /** The output that holds the features; needed where there are several of two axes. */
  readonly output?: string;
  readonly gigaflops?: number;
  readonly batch: number;
  readonly threads: number;
}

/**
 * An ONNX model with one image input, float32 [b, 3, H, W] or [b, H, W, 3], as a source of features: an output float32
 * [b, w], or [b, w, 1, 1] as pooled maps are exported. Throws CONFIG_INVALID, listing inputs and outputs, for any
 * other.
 */
export async function openOnnxEncoder(options: OnnxEncoderOptions): Promise<ImageEncoder> {
  const { path, fileHash, preparation, threads } = options;
  const session = await openOnnxSession({ model: path, threads, name: path });
  try {
    const input = imageInput(session.inputs, options);
    const output = featureOutput(session.outputs, options);
    const { side, isChannelsFirst } = input;
    return {
      name: path,
      hash: sha256(canonicalJson([fileHash, { ...preparation }, side, output])),
      batch: input.batch ?? options.batch,
      gigaflops: options.gigaflops,
      prepare: async (image) => {
        const pixels = await evaluationImage(image, side, preparation);
        return isChannelsFirst ? channelsFirst(pixels) : pixels;
      },
      async embed(pixels) {
        const count = pixels.length / (side * side * 3);
        // A model of one batch size gets it, whatever is left; what it makes of the zeros is thrown away.
        const rows = input.batch ?? count;
        const data = new Float32Array(rows * side * side * 3);
        data.set(pixels);
        const shape = isChannelsFirst ? [rows, 3, side, side] : [rows, side, side, 3];
        return { features: featuresOf((await session.run({ [input.name]: { shape, data } }))[output], count, path) };
      },
      close: () => session.close(),
    };
  } catch (error) {
    await session.close();
    throw error;
  }
}

interface ImageInput {
  readonly name: string;
  readonly isChannelsFirst: boolean;
  readonly side: number;
  /** Undefined where any number of images goes. */
  readonly batch: number | undefined;
}

function imageInput(inputs: readonly OnnxPort[], { path, side: asked }: OnnxEncoderOptions): ImageInput {
  const [input, ...others] = inputs;
  if (!input || others.length > 0 || input.type !== 'float32' || input.shape.length !== 4)
    throw unfit(path, 'one input, float32 [b, 3, H, W] or [b, H, W, 3]', inputs);
  const isChannelsFirst = input.shape[1] === 3;
  if (!isChannelsFirst && input.shape[3] !== 3) throw unfit(path, 'an input with an axis of 3 channels', inputs);
  const [height, width] = isChannelsFirst ? input.shape.slice(2) : input.shape.slice(1, 3);
  const fixed = typeof height === 'number' && height > 0 ? height : undefined;
  if (fixed !== undefined && fixed !== width) throw unfit(path, 'images as wide as high', inputs);
  const side = fixed ?? asked;
  if (side === undefined || (asked !== undefined && side !== asked)) {
    const expected = fixed === undefined ? 'the side of its images' : `--size ${fixed}`;
    throw new TandemError({
      code: ErrorCode.ConfigInvalid,
      message: `ONNX model ${path}: expected ${expected}, got ${asked ?? 'none'}; its input is ${shownPorts(inputs)}.`,
      help: fixed === undefined ? 'Give --size 224, or what the model was trained with.' : 'Leave --size out.',
    });
  }
  const batch = input.shape[0];
  return { name: input.name, isChannelsFirst, side, batch: typeof batch === 'number' && batch > 0 ? batch : undefined };
}

function featureOutput(outputs: readonly OnnxPort[], { path, output }: OnnxEncoderOptions): string {
  const named = outputs.filter(({ name }) => output === undefined || name === output);
  const fitting = named.filter(({ type, shape }) => type === 'float32' && isRow(shape));
  if (fitting.length === 1) return fitting[0]!.name;
  const wanted = output === undefined ? 'one output' : `an output ${output}`;
  throw unfit(path, `${wanted} of float32 [b, w]${fitting.length > 1 ? '; name one with --output' : ''}`, outputs);
}

/** A row of features for each image; a model that does not tell its shapes is believed until it runs. */
function isRow(shape: OnnxPort['shape']): boolean {
  return shape.length === 0 || shape.length === 2 || (shape.length === 4 && shape[2] === 1 && shape[3] === 1);
}

function featuresOf(value: OnnxValue | undefined, count: number, path: string): Float32Array {
  const [rows = 0, ...rest] = value?.shape ?? [];
  const width = rest.reduce((product, length) => product * length, 1);
  if (value?.data instanceof Float32Array && rows >= count && rest.length > 0)
    return value.data.slice(0, count * width);
  throw new TandemError({
    code: ErrorCode.DataInvalid,
    message:
      `ONNX model ${path}: expected float32 features of ${count} images, ` + `got [${value?.shape.join(', ') ?? ''}].`,
    help: 'Name the output with the features with --output.',
  });
}

/** [n, H, W, 3] of one image → [3, H, W]. */
function channelsFirst(pixels: Float32Array): Float32Array {
  const plane = pixels.length / 3;
  const planes = new Float32Array(pixels.length);
  for (let at = 0; at < plane; at += 1)
    for (let channel = 0; channel < 3; channel += 1) planes[channel * plane + at] = pixels[at * 3 + channel]!;
  return planes;
}

function unfit(path: string, expected: string, ports: readonly OnnxPort[]): TandemError {
  return new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `ONNX model ${path}: expected ${expected}; got ${shownPorts(ports)}.`,
    help: 'Export the image encoder alone, without the layer that classifies.',
  });
}

function shownPorts(ports: readonly OnnxPort[]): string {
  return shownList(
    ports.map(({ name, type, shape }) => `${name} ${type} [${shape.join(', ')}]`),
    '; ',
  );
}
