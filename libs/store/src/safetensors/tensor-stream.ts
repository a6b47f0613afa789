import { narrowBfloat16Into } from '#kernel/half-precision.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { inTurns, type Pausable } from '#threads/turns.js';
import { layoutSafetensors, type SafetensorsLayout } from './safetensors.js';
import type { Pieces } from '../store.js';

/** Small tensors go through memory together, up to so many bytes: each way to a device and back takes a while. */
const groupBytes = 2 ** 20;

/**
 * Streams blobs of float32 tensors between a store and their user, with one large tensor or a group of small ones in
 * memory at a time. The blobs have the layout of `sharedBlob`. All transfers go through the same shared memory, so only
 * one may run at a time.
 */
export interface TensorStream {
  /** Bytes of a blob. */
  readonly byteLength: number;
  /**
   * Passes the tensors of a blob to `take` in order, those of a group at once. The values are overwritten after the
   * promises of the group have resolved. Throws DATA_INVALID if the blob has other tensors or is cut short.
   */
  read(blob: AsyncIterable<Uint8Array>, take: (name: string, values: Float32Array) => Promise<void>): Promise<void>;
  /** The blob of tensors whose values `give` fills in, those of a group at once; `isNarrow` are rounded to bfloat16. */
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
  const groups = groupsOf(tensors);
  const valueBytes = tensors.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const largestBytes = Math.max(groupBytes, ...tensors.map(({ byteLength }) => byteLength));
  const memory = new SharedArrayBuffer(Math.max(header.byteLength, Math.min(valueBytes, largestBytes)));
  const bytesOf = (byteLength: number): Uint8Array => new Uint8Array(memory, 0, byteLength);
  const valuesOf = ({ offset, byteLength }: Placed): Float32Array =>
    new Float32Array(memory, offset, byteLength / Float32Array.BYTES_PER_ELEMENT);

  /** The bytes of each tensor of a group. */
  const narrowed = async function* (members: readonly Placed[], isNarrow: (name: string) => boolean) {
    for (const tensor of members) {
      const { name, offset, byteLength } = tensor;
      if (isNarrow(name)) await inTurns(narrowing(valuesOf(tensor)));
      yield new Uint8Array(memory, offset, isNarrow(name) ? byteLength / 2 : byteLength);
    }
  };

  return {
    byteLength: header.byteLength + valueBytes,
    async read(blob, take) {
      const source = openReader(blob);
      try {
        await source.fill(bytesOf(header.byteLength));
        if (Buffer.compare(bytesOf(header.byteLength), header) !== 0)
          throw invalid(
            `expected ${tensors.length} float32 tensors with the names and shapes of the model's parameters`,
          );
        for (const { byteLength, members } of groups) {
          await source.fill(bytesOf(byteLength));
          await Promise.all(members.map((tensor) => take(tensor.name, valuesOf(tensor))));
        }
        await source.end();
      } finally {
        await source.close();
      }
    },
    write(give, isNarrow = () => false) {
      const written = layout(isNarrow);
      const wide = written.tensors.map(({ name, byteLength }) => ({
        name,
        byteLength: isNarrow(name) ? 2 * byteLength : byteLength,
      }));
      return async function* () {
        yield written.header;
        for (const { byteLength, members } of groupsOf(wide)) {
          await Promise.all(members.map((tensor) => give(tensor.name, valuesOf(tensor))));
          if (members.some(({ name }) => isNarrow(name))) yield* narrowed(members, isNarrow);
          else yield bytesOf(byteLength);
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

interface Sized {
  readonly name: string;
  readonly byteLength: number;
}

/** A tensor, and where it is in the memory of its group. */
interface Placed extends Sized {
  readonly offset: number;
}

interface Group {
  readonly byteLength: number;
  readonly members: readonly Placed[];
}

function groupsOf(tensors: readonly Sized[]): Group[] {
  const groups: Group[] = [];
  for (const { name, byteLength } of tensors) {
    const last = groups.at(-1);
    const joins = last !== undefined && last.byteLength + byteLength <= groupBytes;
    const offset = joins ? last.byteLength : 0;
    const group = {
      byteLength: offset + byteLength,
      members: [...(joins ? last.members : []), { name, byteLength, offset }],
    };
    if (joins) groups[groups.length - 1] = group;
    else groups.push(group);
  }
  return groups;
}

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
