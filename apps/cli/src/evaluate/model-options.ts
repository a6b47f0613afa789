import { type Command, InvalidArgumentError, Option } from 'commander';
import type { FilterName } from '#data/image/resample.js';
import { filters } from '#data/image/resample.js';
import type { DeviceChoice } from '#engine/device.js';
import { countUpTo, withConnection, withDevice } from '../command-options.js';
import { normalisationNames, type NormalisationName } from './normalisations.js';

/** Which model is evaluated, where features are kept and where the results go. */
export interface ModelOptions {
  readonly weights?: string;
  readonly model?: string;
  readonly onnx?: string;
  readonly name?: string;
  readonly size?: number;
  readonly resize?: number;
  readonly squash?: boolean;
  readonly interpolation?: FilterName;
  readonly normalisation?: NormalisationName;
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly output?: string;
  readonly gflop?: number;
  readonly batch: number;
  readonly threads: number;
  readonly device?: DeviceChoice;
  /** Worker processes of the command's own, or the address of a coordinator that has some. */
  readonly workers?: number;
  readonly url?: string;
  readonly apiKey?: string;
  readonly store: string;
  readonly out?: string;
}

/** Adds the options of an evaluation of one model; those of ONNX models where probes are trained on features alone. */
export function withModel(command: Command, threads: number, { onnx }: { readonly onnx: boolean }): Command {
  command
    .option('--weights <path>', 'a checkpoint of a run, or weights of open_clip, OpenAI or Hugging Face')
    .option('--name <text>', 'what the model is called in the results; the end of its path if left out');
  if (onnx) withOnnx(command);
  return withComputing(command, threads);
}

/** Adds the options that say how something is computed, where it is kept and where the results go. */
export function withComputing(command: Command, threads: number): Command {
  command.option(
    '--model <name>',
    'the model the weights are of, where nothing beside them says so; see `tandem models`',
  );
  return withConnection(withDevice(command))
    .option('--workers <n>', 'compute the features of images on so many worker processes of its own', countUpTo(256))
    .option('--batch <n>', 'images computed at once; the results do not depend on it', countUpTo(4096), 64)
    .option('--threads <n>', 'threads of the CPU; the results do not depend on it', countUpTo(1024), threads)
    .option('--store <url>', 'where features and text embeddings are kept: a directory or s3: URL', '.tandem/store')
    .option('--out <dir>', 'write report.html, result.json, tables and pictures into this folder');
}

function withOnnx(command: Command): void {
  command
    .option('--onnx <file>', 'any ONNX image encoder in place of --weights, with one image input and rows of features')
    .option('--size <pixels>', 'ONNX: side of the images, where the model takes any', countUpTo(8192))
    .addOption(new Option('--normalisation <name>', 'ONNX: what pixels are normalised by').choices(normalisationNames))
    .option('--mean <r,g,b>', 'ONNX: in place of --normalisation, taken from pixels of 0 to 1', channels)
    .option('--std <r,g,b>', 'ONNX: what the rest is divided by', channels)
    .option('--resize <pixels>', 'ONNX: shorter side before the crop; --size if left out', countUpTo(16_384))
    .option('--squash', 'ONNX: resize to a square in place of cropping the centre')
    .addOption(new Option('--interpolation <name>', 'ONNX: filter of the resizing').choices(Object.keys(filters)))
    .option('--output <name>', 'ONNX: the output with the features, where there are several')
    .option('--gflop <n>', 'ONNX: GFLOP of an image, for `tandem evaluate compare`', positive);
}

function channels(text: string): number[] {
  const values = text.split(',').map(Number);
  if (values.length === 3 && values.every(Number.isFinite)) return values;
  throw new InvalidArgumentError('Expected three numbers with commas between, such as 0.485,0.456,0.406.');
}

function positive(text: string): number {
  const value = Number(text);
  if (value > 0 && value < Infinity) return value;
  throw new InvalidArgumentError('Expected a number above 0.');
}
