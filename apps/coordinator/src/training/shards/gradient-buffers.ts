import { widenBfloat16Into } from '#kernel/half-precision.js';
import { sentAsBfloat16, updatedTensors } from '#model/parameters/trainable-parameters.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { decodeSafetensors, float32Values, layoutSafetensors } from '#store/safetensors/safetensors.js';
import { sharedBlob } from '#store/safetensors/shared-blob.js';
import { copying } from '#store/safetensors/shared-copy.js';
import { inTurns, type Pausable } from '#threads/turns.js';

/**
 * Blobs of gradients in shared memory, where threads hash and add them. Memory is kept for the gradients to come: to
 * give back a buffer of 600 MB takes the garbage collector a quarter of a second.
 */
export interface GradientBuffers {
  /**
   * The gradient in a blob that a worker sent; what was sent as bfloat16 is widened. `check` sees the bytes as they
   * came, before anything is made of them. Throws DATA_INVALID for another blob.
   */
  read(blob: AsyncIterable<Uint8Array>, check: (sent: Uint8Array) => Promise<void>): Promise<Uint8Array>;
  /** Takes a buffer back that is not used any more. */
  release(buffer: Uint8Array): void;
}

export function openGradientBuffers(config: Pick<RunConfig, 'model' | 'train' | 'gradients'>): GradientBuffers {
  const specs = updatedTensors(config);
  const isNarrow = sentAsBfloat16(config);
  const { header, tensors } = layoutSafetensors(
    Object.fromEntries(specs.map(({ name, shape }) => [name, { dtype: isNarrow(name) ? 'BF16' : 'F32', shape }])),
  );
  const sentBytes = tensors.reduce((sum, { byteLength }) => sum + byteLength, header.byteLength);
  const buffers = openBuffers(() => sharedBlob(specs).bytes);
  const narrow = specs.some(({ name }) => isNarrow(name))
    ? openBuffers(() => new Uint8Array(new SharedArrayBuffer(sentBytes)))
    : undefined;

  const receive: GradientBuffers['read'] = (blob, check) =>
    (narrow ?? buffers).filled(async (sent) => {
      const bytes = await fill(sent, blob);
      await check(sent.subarray(0, bytes));
      if (bytes !== sentBytes || Buffer.compare(sent.subarray(0, header.byteLength), header) !== 0)
        throw otherTensors(sentBytes, bytes);
    });
  return {
    async read(blob, check) {
      const sent = await receive(blob, check);
      if (!narrow) return sent;
      try {
        return await buffers.filled((gradient) => inTurns(widening(gradient, sent)));
      } finally {
        narrow.release(sent);
      }
    },
    release: (buffer) => buffers.release(buffer),
  };
}

interface Buffers {
  /** A buffer that `fill` has filled; it is kept for others if that rejects. */
  filled(fill: (buffer: Uint8Array) => Promise<void>): Promise<Uint8Array>;
  release(buffer: Uint8Array): void;
}

function openBuffers(allocate: () => Uint8Array): Buffers {
  const free: Uint8Array[] = [];
  return {
    async filled(fill) {
      const buffer = free.pop() ?? allocate();
      try {
        await fill(buffer);
        return buffer;
      } catch (error) {
        free.push(buffer);
        throw error;
      }
    },
    release: (buffer) => void free.push(buffer),
  };
}

/** Copies a blob into a buffer, as far as it fits, and returns how many bytes came. */
async function fill(buffer: Uint8Array, blob: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const piece of blob) {
    if (bytes + piece.byteLength > buffer.byteLength) throw otherTensors(buffer.byteLength, bytes + piece.byteLength);
    buffer.set(piece, bytes);
    bytes += piece.byteLength;
  }
  return bytes;
}

function* widening(into: Uint8Array, sent: Uint8Array): Pausable<void> {
  const { tensors } = decodeSafetensors(sent);
  for (const [name, values] of Object.entries(float32Values(into))) {
    const tensor = tensors[name]!;
    if (tensor.dtype === 'BF16') yield* widened(values, tensor.data);
    else yield* copying(values, tensor.data as Float32Array);
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

function otherTensors(expectedBytes: number, gotBytes: number): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message:
      `Gradients of a worker: expected ${expectedBytes} bytes with the tensors of the run's model, got ` +
      `${gotBytes === expectedBytes ? 'other tensors' : `${gotBytes} bytes or more`}.`,
    help: 'Run coordinator and workers from the same build.',
    retryable: true,
  });
}
