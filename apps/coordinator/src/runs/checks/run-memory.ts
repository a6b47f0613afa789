import { modelSize } from '#model/flops/model-size.js';
import type { ClipConfig, RunConfig } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { byteSize } from './byte-size.js';

/** A parameter, its gradient and AdamW's two moments, a float32 each. */
const bytesPerParameter = 4 * Float32Array.BYTES_PER_ELEMENT;

/** Throws CONFIG_INVALID if `memoryBytes` cannot hold what the coordinator keeps of a model that trains. */
export function checkMemory(model: ClipConfig, memoryBytes: number): void {
  const { total: parameters } = modelSize(model).parameters;
  const neededBytes = trainingBytes(model);
  if (neededBytes <= memoryBytes) return;
  const message =
    `expected a model that fits into the coordinator's ${byteSize(memoryBytes)} of memory, got one of ` +
    `${parameters.toLocaleString('en')} parameters, which needs ${byteSize(neededBytes)}`;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `model: ${message}`,
    help:
      `A parameter needs ${bytesPerParameter} bytes: itself, its gradient and two moments. Take a smaller model, or ` +
      'start the coordinator where there is more memory.',
    problems: [{ path: 'model', message }],
  });
}

/** Can `memoryBytes` hold what the coordinator keeps of these runs together? */
export function haveRoom(configs: readonly Pick<RunConfig, 'model'>[], memoryBytes: number): boolean {
  return configs.reduce((bytes, { model }) => bytes + trainingBytes(model), 0) <= memoryBytes;
}

function trainingBytes(model: ClipConfig): number {
  return modelSize(model).parameters.total * bytesPerParameter;
}
