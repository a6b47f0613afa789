import { createHash } from 'node:crypto';

/**
 * A number for each text, of which only 96 bits of a hash are kept: texts are not confused in practice, and each takes
 * 24 to 72 bytes.
 */
export interface HashTable {
  /** The slot of a text, which gets one with the number 0 if it has none. Good until the next call. */
  slotOf(text: string): number;
  get(slot: number): number;
  set(slot: number, value: number): void;
}

export function hashTable(): HashTable {
  let table = emptyTable(1024);
  let used = 0;
  const grow = (): void => {
    const old = table;
    table = emptyTable(old.first.length * 2);
    old.first.forEach((first, at) => {
      if (first === 0) return;
      const slot = slotIn(table, first, old.second[at]!);
      table.first[slot] = first;
      table.second[slot] = old.second[at]!;
      table.values[slot] = old.values[at]!;
    });
  };
  return {
    slotOf(text) {
      const digest = createHash('sha256').update(text).digest();
      const [first, second] = [digest.readUIntBE(0, halfBytes) + 1, digest.readUIntBE(halfBytes, halfBytes)];
      if (used * 3 >= table.first.length * 2) grow();
      const slot = slotIn(table, first, second);
      if (table.first[slot] === 0) {
        table.first[slot] = first;
        table.second[slot] = second;
        used++;
      }
      return slot;
    },
    get: (slot) => table.values[slot]!,
    set: (slot, value) => {
      table.values[slot] = value;
    },
  };
}

/** As many as a number holds exactly. */
const halfBytes = 6;

/** Open-addressed. A slot is empty if its first half is 0, which no hash has. */
interface Table {
  readonly first: Float64Array;
  readonly second: Float64Array;
  readonly values: Float64Array;
}

function emptyTable(slots: number): Table {
  return { first: new Float64Array(slots), second: new Float64Array(slots), values: new Float64Array(slots) };
}

function slotIn(table: Table, first: number, second: number): number {
  const slots = table.first.length;
  let slot = first % slots;
  while (table.first[slot] !== 0 && (table.first[slot] !== first || table.second[slot] !== second))
    slot = (slot + 1) % slots;
  return slot;
}
