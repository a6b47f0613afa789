import { huggingFaceTokenizer } from '#data/text/hugging-face-tokenizer.js';
import type { Tokenizer } from '#data/text/tokenizer.js';
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
  /** Under open_clip's names, in its layouts. */
  readonly parameters: Readonly<Record<string, Float32Array>>;
  readonly tokenizer: Tokenizer;
}

export interface ExportOptions {
  /** What parameters are stored as; all is computed in float32. */
  readonly type?: OnnxType;
  /** Write over files of the same names. */
  readonly replace?: boolean;
}

/**
 * Write a model as ONNX in the layout of transformers.js. The towers are there under two names, those by which the
 * package finds them and plain ones, for the same bytes on the disk; model.onnx holds both towers again, for the
 * package's zero-shot pipeline. Throws CONFLICT where something is in the folder and not `replace`, UNSUPPORTED_OP for
 * a model that no ONNX file can hold, DATA_INVALID where a value is too large for the type.
 */
export async function exportModel(
  model: ExportedModel,
  folder: string,
  { type = 'float32', replace = false }: ExportOptions = {},
): Promise<WrittenFile[]> {
  const { config, tokenizer } = model;
  checkVocabulary(config, tokenizer);
  checkSize(config, type);
  const typed = {
    config,
    parameters: Object.fromEntries(
      Object.entries(model.parameters).map(([name, values]) => [name, stored(values, type, name)]),
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
    },
    { replace },
  );
}

/** The logit scale is an exponent: rounded, it would change every probability. The bias is kept as it is with it. */
function stored(values: Float32Array, type: OnnxType, name: string): Float32Array | Uint16Array {
  return narrowed(values, name.startsWith('logit_') ? 'float32' : type, name);
}

/** A protobuf message ends at 2 GiB; the operators are well below a hundredth of that. */
const largestFileBytes = 2 ** 31 - 2 ** 24;
const valueBytes: Readonly<Record<OnnxType, number>> = { float32: 4, float16: 2 };

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
    help:
      type === 'float32'
        ? '`--dtype float16` takes half of that; `tandem convert` writes safetensors of any size.'
        : '`tandem convert` writes safetensors of any size.',
  });
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, undefined, 2)}\n`);
}
