import { readFileSync } from 'node:fs';
import { huggingFaceTokenizer } from '#data/text/hugging-face-tokenizer.js';
import type { Tokenizer } from '#data/text/tokenizer.js';
import type { PortableValues } from '#engine/lower/portable-model.js';
import { quantisedGroups } from '#engine/lower/quantised-groups.js';
import { sizeOf } from '#engine/tensor-spec.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { narrowed } from '#weights/write-weights.js';
import { checkVocabulary } from '../clip-model.js';
import { writeFolder, type WrittenFile } from './export-folder.js';
import { clipModel, imageModel, textModel } from './onnx-models.js';
import {
  onnxPath,
  preprocessorConfig,
  tokenizerConfig,
  transformersConfig,
  type OnnxType,
} from './transformers-config.js';

export interface ExportedModel {
  readonly config: ClipConfig;
  /** Parameters under open_clip's names, in its layouts. */
  readonly parameters: Readonly<Record<string, Float32Array>>;
  readonly tokenizer: Tokenizer;
}

export interface ExportOptions {
  /** Type the parameters are stored as. Everything is computed in float32. */
  readonly type?: OnnxType;
  /** Replace files of the same names. */
  readonly replace?: boolean;
}

/**
 * Write a model as ONNX files in the folder layout of transformers.js. Each tower has two names, the one that
 * transformers.js looks for and a plain one, both hard links to one file. model.onnx holds both towers again, for the
 * zero-shot pipeline of transformers.js. Throws CONFLICT where the folder is not empty and `replace` is not set,
 * UNSUPPORTED_OP where the model is too large for an ONNX file, DATA_INVALID where a value is too large for the type.
 */
export async function exportModel(
  model: ExportedModel,
  folder: string,
  { type = 'float32', replace = false }: ExportOptions = {},
): Promise<WrittenFile[]> {
  const { config, tokenizer } = model;
  checkVocabulary(config, tokenizer);
  checkSize(config, type);
  const shapes = new Map(parameterSpecs(config).map(({ name, shape }) => [name, shape]));
  const typed = {
    config,
    parameters: Object.fromEntries(
      Object.entries(model.parameters).map(([name, values]) => [name, stored(values, type, name, shapes.get(name))]),
    ),
  };
  const [vision, text] = [onnxPath('vision_model', type), onnxPath('text_model', type)];
  return writeFolder(
    folder,
    {
      [vision]: () => imageModel(typed),
      [text]: () => textModel(typed),
      [onnxPath('model', type)]: () => clipModel(typed),
      'image.onnx': { same: vision },
      'text.onnx': { same: text },
      'tokenizer.json': () => json(huggingFaceTokenizer(tokenizer)),
      'tokenizer_config.json': () => json(tokenizerConfig(config)),
      'preprocessor_config.json': () => json(preprocessorConfig(config)),
      'config.json': () => json(transformersConfig(config, type)),
      // Node takes prepare-image.js for CommonJS where a package.json further up says so, as that of `npm init` does.
      'package.json': () => json({ type: 'module' }),
      'prepare-image.js': () => prepareImageScript(config.vision_cfg.image_size),
    },
    { replace },
  );
}

/** prepare-image.ts as it is compiled, for the image size of a model. It imports nothing of Tandem. */
export function prepareImageScript(side: number): Uint8Array {
  const compiled = readFileSync(new URL('./prepare-image.js', import.meta.url), 'utf8');
  const script = compiled
    .replace('const side = 224;', `const side = ${side};`)
    .replace(/\n\/\/# sourceMappingURL=.*/, '');
  if (!script.includes(`const side = ${side};`)) throw new Error('prepare-image.js: expected a line with the side');
  return new TextEncoder().encode(script);
}

/**
 * Logit scale and bias stay float32: the scale is an exponent, so rounding it would change every probability. int8 is
 * for matrices and filters; what has one axis is a thousandth of a model.
 */
function stored(
  values: Float32Array,
  type: OnnxType,
  name: string,
  shape: readonly number[] | undefined,
): PortableValues {
  if (type !== 'int8') return narrowed(values, name.startsWith('logit_') ? 'float32' : type, name);
  if (shape === undefined || shape.length < 2) return values;
  const odd = values.find((value) => !Number.isFinite(value));
  if (odd === undefined) return quantisedGroups(values, values.length / shape[0]!);
  throw new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Weights: ${name} holds ${odd}, which int8 cannot.`,
    help: 'The model is damaged, or its training diverged: take an earlier checkpoint. float32 holds such values.',
  });
}

/** A protobuf message holds at most 2 GiB. 16 MiB of that are left for the operators, which need far less. */
const largestFileBytes = 2 ** 31 - 2 ** 24;
const valueBytes: Readonly<Record<OnnxType, number>> = { float32: 4, float16: 2, int8: 1 };

function checkSize(config: ClipConfig, type: OnnxType): void {
  const parameters = parameterSpecs(config).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const bytes = valueBytes[type] * parameters;
  if (bytes <= largestFileBytes) return;
  throw new TandemError({
    code: ErrorCode.UnsupportedOp,
    message:
      `Expected a model of at most ${(largestFileBytes / 2 ** 30).toFixed(2)} GiB, what one ONNX file ` +
      `can hold, got ${(bytes / 2 ** 30).toFixed(2)} GiB: ${(parameters / 1e6).toFixed(0)} M ` +
      `parameters in ${type}.`,
    help: `${smaller[type]}\`tandem convert\` writes safetensors of any size.`,
  });
}

const smaller: Readonly<Record<OnnxType, string>> = {
  float32: '`--dtype float16` halves the size, int8 quarters it; ',
  float16: '`--dtype int8` halves the size; ',
  int8: '',
};

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, undefined, 2)}\n`);
}
