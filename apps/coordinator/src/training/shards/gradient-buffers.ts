import { widenBfloat16Into } from '#kernel/half-precision.js';
import { updatedTensors } from '#model/parameters/trainable-parameters.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { decodeSafetensors, float32Values } from '#store/safetensors/safetensors.js';
import { sharedBlob } from '#store/safetensors/shared-blob.js';
import { copying } from '#store/safetensors/shared-copy.js';
import { inTurns, type Pausable } from '#threads/turns.js';

/** Blobs of gradients in shared memory, where the optimizer adds them. Memory is kept for the gradients to come. */
export interface GradientBuffers {
  /** Copies a blob that a worker sent, and widens what it sent as bfloat16. Throws DATA_INVALID for another blob. */
  copy(sent: Uint8Array): Promise<Uint8Array>;
  /** Takes a buffer back that is not used any more. */
  release(buffer: Uint8Array): void;
}

export function openGradientBuffers(config: Pick<RunConfig, 'model' | 'train'>): GradientBuffers {
  const specs = updatedTensors(config);
  const free: Uint8Array[] = [];
  return {
    async copy(sent) {
      const into = free.pop() ?? sharedBlob(specs).bytes;
      await inTurns(widening(into, sent));
      return into;
    },
    release: (buffer) => void free.push(buffer),
  };
}

function* widening(into: Uint8Array, sent: Uint8Array): Pausable<void> {
  const { tensors } = decodeSafetensors(sent);
  for (const [name, values] of Object.entries(float32Values(into))) {
    const tensor = tensors[name];
    if (tensor?.dtype === 'BF16' && tensor.data.length === values.length) yield* widened(values, tensor.data);
    else if (tensor?.dtype === 'F32' && tensor.data.length === values.length) yield* copying(values, tensor.data);
    else throw otherTensors(name);
  }
}

function* widened(values: Float32Array, bits: Uint16Array): Pausable<void> {
  for (let from = 0; from < values.length; from += valuesBetweenPauses) {
    const to = from + valuesBetweenPauses;
    widenBfloat16Into(values.subarray(from, to), bits.subarray(from, to));
    yield;
  }
}

const valuesBetweenPauses = 2 ** 18;

function otherTensors(name: string): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Gradients of a worker: expected values of ${name} as float32 or bfloat16, and as many as the model has.`,
    help: 'Run coordinator and workers from the same build.',
    retryable: true,
  });
}
