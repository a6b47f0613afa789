import type { Value } from '../program/program.js';
import { bytesOf } from '../tensor-spec.js';

/** When a value is needed: from the launch that writes it to the last one that reads it. */
export interface Lifetime {
  readonly value: Value;
  readonly from: number;
  readonly to: number;
}

export interface ArenaPart {
  readonly offset: number;
  readonly bytes: number;
}

/** Drivers take parts of a buffer from such offsets on. */
const alignment = 512;

/** Gives each value a part of one arena: the lowest that no value with an overlapping lifetime has. Largest first. */
export function planArena(lifetimes: readonly Lifetime[]): {
  readonly parts: ReadonlyMap<Value, ArenaPart>;
  readonly bytes: number;
} {
  const placed: (Lifetime & ArenaPart)[] = [];
  let arenaBytes = 0;
  const bySize = lifetimes.toSorted((a, b) => bytesOf(b.value) - bytesOf(a.value) || a.from - b.from);
  for (const lifetime of bySize) {
    const bytes = Math.max(alignment, Math.ceil(bytesOf(lifetime.value) / alignment) * alignment);
    const others = placed.filter(({ from, to }) => from <= lifetime.to && lifetime.from <= to);
    let offset = 0;
    for (const other of others.toSorted((a, b) => a.offset - b.offset)) {
      if (offset + bytes <= other.offset) break;
      offset = Math.max(offset, other.offset + other.bytes);
    }
    placed.push({ ...lifetime, offset, bytes });
    arenaBytes = Math.max(arenaBytes, offset + bytes);
  }
  return { parts: new Map(placed.map(({ value, offset, bytes }) => [value, { offset, bytes }])), bytes: arenaBytes };
}
