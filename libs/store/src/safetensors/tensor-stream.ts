import { narrowBfloat16Into } from '#kernel/half-precision.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { inTurns, type Pausable } from '#threads/turns.js';
import { layoutSafetensors, type SafetensorsLayout } from './safetensors.js';
import type { Pieces } from '../store.js';

/**
 * Streams blobs of float32 tensors between a store and their user with at most one tensor in memory at a time. The
 * blobs have the layout of `sharedBlob`. All transfers go through the same shared memory, so only one may run at a
 * time.
 */
export interface TensorStream {
  /** Bytes of a blob. */
  readonly byteLength: number;
  /**
   * Passes the tensors of a blob to `take` one after another. The values are overwritten after its promise resolves.
   * Throws DATA_INVALID if the blob has other tensors or is cut short.
   */
  read(blob: AsyncIterable<Uint8Array>, take: (name: string, values: Float32Array) => Promise<void>): Promise<void>;
  /**
   * The blob of tensors whose values `give` fills in, one after another. Those that `isNarrow` names are rounded to
   * bfloat16.
   */
  write(give: (name: string, into: Float32Array) => Promise<void>, isNarrow?: (name: string) => boolean): Pieces;
}

export function openTensorStream(
  specs: readonly { readonly name: string; readonly shape: readonly number[] }[],
): TensorStream {
  const layout = (isNarrow: (name: string) => boolean): SafetensorsLayout =>
    layoutSafetensors(
      Object.fromEntries(specs.map(({ name, shape }) => [name, { dtype: isNarrow(name) ? 'BF16' : 'F32', shape }])),
    );
  const { header, tensors } = layout(() => false);
  const memory = new SharedArrayBuffer(Math.max(header.byteLength, ...tensors.map(({ byteLength }) => byteLength)));
  const bytesOf = (byteLength: number): Uint8Array => new Uint8Array(memory, 0, byteLength);
  const valuesOf = (byteLength: number): Float32Array =>
    new Float32Array(memory, 0, byteLength / Float32Array.BYTES_PER_ELEMENT);

  return {
    byteLength: tensors.reduce((sum, { byteLength }) => sum + byteLength, header.byteLength),
    async read(blob, take) {
      const source = openReader(blob);
      try {
        await source.fill(bytesOf(header.byteLength));
        if (Buffer.compare(bytesOf(header.byteLength), header) !== 0)
          throw invalid(
            `expected ${tensors.length} float32 tensors with the names and shapes of the model's parameters`,
          );
        for (const { name, byteLength } of tensors) {
          await source.fill(bytesOf(byteLength));
          await take(name, valuesOf(byteLength));
        }
        await source.end();
      } finally {
        await source.close();
      }
    },
    write(give, isNarrow = () => false) {
      const written = layout(isNarrow);
      return async function* () {
        yield written.header;
        for (const { name, byteLength } of written.tensors) {
          const values = valuesOf(isNarrow(name) ? 2 * byteLength : byteLength);
          await give(name, values);
          if (isNarrow(name)) await inTurns(narrowing(values));
          yield bytesOf(byteLength);
        }
      };
    },
  };
}

/** Rounds values to bfloat16 and leaves their bits at the start of the values' own memory. */
function* narrowing(values: Float32Array): Pausable<void> {
  const bits = new Uint16Array(values.buffer, values.byteOffset, values.length);
  for (let from = 0; from < values.length; from += valuesBetweenPauses) {
    const to = from + valuesBetweenPauses;
    narrowBfloat16Into(bits.subarray(from, to), values.subarray(from, to));
    yield;
  }
}

const valuesBetweenPauses = 2 ** 18;

interface Reader {
  fill(into: Uint8Array): Promise<void>;
  /** Throws if any bytes are left. */
  end(): Promise<void>;
  close(): Promise<void>;
}

/** Reads a sequence of pieces as one stream of bytes. */
function openReader(pieces: AsyncIterable<Uint8Array>): Reader {
  const iterator = pieces[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();
  return {
    async fill(into) {
      for (let filled = 0; filled < into.byteLength;) {
        if (rest.byteLength === 0) {
          const next = await iterator.next();
          if (next.done)
            throw invalid(`it ends ${into.byteLength - filled} bytes before the end of its header or of a tensor`);
          rest = next.value;
        }
        const part = rest.subarray(0, into.byteLength - filled);
        into.set(part, filled);
        filled += part.byteLength;
        rest = rest.subarray(part.byteLength);
      }
    },
    async end() {
      const next = rest.byteLength > 0 ? undefined : await iterator.next();
      if (!next?.done) throw invalid('bytes follow its last tensor');
    },
    async close() {
      await iterator.return?.();
    },
  };
}

function invalid(what: string): TandemError {
  return new TandemError({ code: ErrorCode.DataInvalid, message: `Blob of tensors: ${what}.` });
}
