import { garbageCollector } from '../../garbage-collector.js';

/** Pieces of memory that go from one use to the next. */
export interface SlabPool {
  /** At least so many bytes, of any values, for the caller alone. */
  take(bytes: number): ArrayBuffer;
  /** The caller needs it no more. */
  give(slab: ArrayBuffer): void;
}

/** A slab this many times as large as what is asked for is wasted on it. */
const maxWaste = 2;

/**
 * Slabs that were given back are taken again: on a virtual machine memory touched before is written twenty times faster
 * than fresh memory. Where none suits, those that are free make room for a new one, so that the pool never grows beyond
 * what was in use at one time by more than the waste.
 */
export function openSlabPool(collectGarbage: () => void = garbageCollector()): SlabPool {
  const free: ArrayBuffer[] = [];
  return {
    take(bytes) {
      const suiting = free.filter(({ byteLength }) => byteLength >= bytes && byteLength <= bytes * maxWaste);
      const best = suiting.sort((a, b) => a.byteLength - b.byteLength)[0];
      if (best) return free.splice(free.indexOf(best), 1)[0]!;
      let dropped = 0;
      while (free.length > 0 && dropped < bytes) dropped += free.shift()!.byteLength;
      if (dropped > 0) collectGarbage();
      return new ArrayBuffer(bytes);
    },
    give(slab) {
      free.push(slab);
    },
  };
}
