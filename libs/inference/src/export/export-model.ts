import { huggingFaceTokenizer } from '#data/hugging-face-tokenizer.js';
import type { Tokenizer } from '#data/tokenizer.js';
import { sizeOf } from '#engine/tensor-spec.js';
import { parameterSpecs } from '#model/parameters.js';
import type { ClipConfig } from '#protocol/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { checkVocabulary } from '../clip-model.js';
import { writeFolder, type WrittenFile } from './export-folder.js';
import { clipModel, imageModel, textModel, type TrainedModel } from './onnx-models.js';
import { preprocessorConfig, tokenizerConfig, transformersConfig } from './transformers-config.js';

export interface ExportedModel extends TrainedModel {
  readonly tokenizer: Tokenizer;
}

/**
 * Write a model as ONNX in the layout of transformers.js. The towers are there under two names, those by which the package
 * finds them and plain ones, for the same bytes on the disk; onnx/model.onnx holds both towers again, for the package's
 * zero-shot pipeline. Throws CONFLICT where something is in the folder and not `replace`, UNSUPPORTED_OP for a model that
 * no ONNX file can hold.
 */
export async function exportModel(model: ExportedModel, folder: string, { replace = false }: { readonly replace?: boolean } = {}): Promise<WrittenFile[]> {
  const { config, tokenizer } = model;
  checkVocabulary(config, tokenizer);
  checkSize(config);
  return writeFolder(
    folder,
    {
      'onnx/vision_model.onnx': () => imageModel(model),
      'onnx/text_model.onnx': () => textModel(model),
      'onnx/model.onnx': () => clipModel(model),
      'image.onnx': { same: 'onnx/vision_model.onnx' },
      'text.onnx': { same: 'onnx/text_model.onnx' },
      'tokenizer.json': () => json(huggingFaceTokenizer(tokenizer)),
      'tokenizer_config.json': () => json(tokenizerConfig(config)),
      'preprocessor_config.json': () => json(preprocessorConfig(config)),
      'config.json': () => json(transformersConfig(config)),
    },
    { replace },
  );
}

/** A protobuf message ends at 2 GiB; the operators are well below a hundredth of that. */
const largestFileBytes = 2 ** 31 - 2 ** 24;

function checkSize(config: ClipConfig): void {
  const parameters = parameterSpecs(config).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (4 * parameters <= largestFileBytes) return;
  throw new TandemError({
    code: ErrorCode.UnsupportedOp,
    message: `Expected a model of at most ${(largestFileBytes / 2 ** 30).toFixed(2)} GiB, what one ONNX file can hold, got ${((4 * parameters) / 2 ** 30).toFixed(2)} GiB: ${(parameters / 1e6).toFixed(0)} M parameters in float32.`,
    help: 'Its weights can be used where safetensors are read; ONNX files with data beside them are not written.',
  });
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, undefined, 2)}\n`);
}
