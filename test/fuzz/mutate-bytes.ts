import type { Chance } from './chance.js';
import { hostileNumbers } from './hostile-values.js';

type ByteChange = (bytes: Buffer, chance: Chance, donors: readonly Uint8Array[]) => Buffer;

/** A change never makes a file much longer than this, so that cases stay quick. */
const bytesMax = 512 * 1024;

/** A damaged copy, with one to four random changes. A change may insert a piece of one of the donors. */
export function mutateBytes(bytes: Uint8Array, chance: Chance, donors: readonly Uint8Array[] = []): Buffer {
  let changed: Buffer = Buffer.from(bytes);
  const changes = 1 + chance.below(4);
  for (let i = 0; i < changes; i++) changed = chance.pick(byteChanges)(changed, chance, donors);
  return changed.subarray(0, bytesMax);
}

/** Overwrites 1, 2, 4 or 8 bytes at `at` with an extreme or a random number. */
export function overwriteNumber(bytes: Buffer, at: number, chance: Chance): void {
  const width = chance.pick([1, 2, 4, 8]);
  const value = BigInt(
    Math.trunc(
      chance.pick([...hostileNumbers.filter((number) => Math.abs(number) <= 2 ** 53), bytes.length, chance.below(256)]),
    ),
  );
  const field = Buffer.alloc(8);
  if (chance.oneIn(2)) field.writeBigInt64LE(BigInt.asIntN(64, value));
  else field.writeBigInt64LE(BigInt.asIntN(64, BigInt.asUintN(8 * width, value)));
  const low = field.subarray(0, width);
  if (chance.oneIn(3)) low.reverse();
  low.copy(bytes, at);
}

const byteChanges: readonly ByteChange[] = [
  (bytes, chance) => at(bytes, chance, (place) => (bytes[place]! ^= 1 << chance.below(8))),
  (bytes, chance) =>
    at(bytes, chance, (place) => (bytes[place] = chance.pick([0, 1, 0x7f, 0x80, 0xff, chance.below(256)]))),
  (bytes, chance) =>
    at(
      bytes,
      chance,
      (place) =>
        void bytes.fill(
          chance.pick([0, 0xff, chance.below(256)]),
          place,
          Math.min(bytes.length, place + 1 + chance.below(64)),
        ),
    ),
  (bytes, chance) => at(bytes, chance, (place) => overwriteNumber(bytes, place, chance)),
  (bytes, chance) => at(bytes, chance, (place) => overwriteNumber(bytes, place & ~3, chance)),
  (bytes, chance) => bytes.subarray(0, chance.below(bytes.length + 1)),
  (bytes, chance) => without(bytes, chance),
  (bytes, chance) => repeated(bytes, chance),
  (bytes, chance, donors) => spliced(bytes, chance, donors),
  (bytes, chance) =>
    inserted(bytes, Buffer.from(Array.from({ length: 1 + chance.below(16) }, () => chance.below(256))), chance),
];

function at(bytes: Buffer, chance: Chance, change: (place: number) => unknown): Buffer {
  if (bytes.length > 0) change(chance.below(bytes.length));
  return bytes;
}

function without(bytes: Buffer, chance: Chance): Buffer {
  const from = chance.below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 1 + chance.below(chance.oneIn(2) ? 8 : 1024))]);
}

function repeated(bytes: Buffer, chance: Chance): Buffer {
  const from = chance.below(bytes.length + 1);
  const part = bytes.subarray(from, from + 1 + chance.below(512));
  const copies = Array.from({ length: chance.pick([1, 2, 16, 256]) }, () => part);
  return Buffer.concat([bytes.subarray(0, from), ...copies, bytes.subarray(from)]);
}

function spliced(bytes: Buffer, chance: Chance, donors: readonly Uint8Array[]): Buffer {
  const donor = donors.length === 0 ? bytes : chance.pick(donors);
  const from = chance.below(donor.length + 1);
  const part = donor.subarray(from, chance.oneIn(3) ? donor.length : from + 1 + chance.below(256));
  if (chance.oneIn(2)) return inserted(bytes, part, chance);
  const place = chance.below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, place), part, bytes.subarray(place + part.length)]);
}

function inserted(bytes: Buffer, part: Uint8Array, chance: Chance): Buffer {
  const place = chance.below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, place), part, bytes.subarray(place)]);
}
