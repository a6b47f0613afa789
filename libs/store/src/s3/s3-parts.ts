/**
 * Blobs larger than this go in parts of this size: many connections are faster than one, and a failure costs one part.
 */
export const partBytes = 16 * 1024 * 1024;
export const partsInFlight = 4;

/** Bytes as parts, views of them. */
export function* partsOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += partBytes) yield bytes.subarray(start, start + partBytes);
}

/** Pieces of any size as parts, each in memory of its own. */
export async function* partsFrom(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let part = Buffer.allocUnsafeSlow(partBytes);
  let filled = 0;
  for await (const piece of pieces) {
    for (let taken = 0; taken < piece.byteLength;) {
      const some = piece.subarray(taken, taken + partBytes - filled);
      part.set(some, filled);
      taken += some.byteLength;
      filled += some.byteLength;
      if (filled < partBytes) continue;
      yield part;
      part = Buffer.allocUnsafeSlow(partBytes);
      filled = 0;
    }
  }
  if (filled > 0) yield part.subarray(0, filled);
}

/** Do `use` for each item, a few at a time; after a failure start no more, and end when all that were started have. */
export async function inFlight<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  use: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let taken = 0;
  const lane = async (): Promise<void> => {
    try {
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
        const index = taken++;
        results[index] = await use(next.value, index);
      }
    } catch (error) {
      await iterator.return?.();
      throw error;
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: partsInFlight }, lane));
  for (const ended of lanes) if (ended.status === 'rejected') throw ended.reason;
  return results;
}
