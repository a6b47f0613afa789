import type { CountEntry, Kind } from './count-entry.js';

/** Counts in memory. */
export interface Tally {
  add(kind: Kind, key: string, count: number): void;
  readonly size: number;
  /** Takes out everything that was counted, sorted. */
  taken(): readonly CountEntry[];
}

export function tally(): Tally {
  const maps = new Map<Kind, Map<string, number>>();
  let size = 0;
  return {
    add(kind, key, count) {
      let map = maps.get(kind);
      if (!map) maps.set(kind, (map = new Map()));
      const before = map.get(key);
      if (before === undefined) {
        size++;
        // A copy: a piece of a string keeps the whole string in memory.
        map.set(Buffer.from(key, 'utf16le').toString('utf16le'), count);
      } else map.set(key, before + count);
    },
    get size() {
      return size;
    },
    taken() {
      const entries: CountEntry[] = [];
      for (const kind of [...maps.keys()].sort()) {
        const map = maps.get(kind)!;
        for (const key of [...map.keys()].sort()) entries.push({ name: `${kind}\t${key}`, count: map.get(key)! });
        map.clear();
      }
      size = 0;
      return entries;
    },
  };
}
