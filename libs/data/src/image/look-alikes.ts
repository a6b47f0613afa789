import { hashTable } from '../dataset/hash-table.js';

/** Finds pictures that look like an earlier one, by their perceptual hashes. */
export interface LookAlikes {
  /**
   * The number of the first earlier picture whose hash differs in at most the distance; undefined if there is none, and
   * then this one is remembered. Numbers are whole, from 0.
   */
  earlier(hash: string, number: number): number | undefined;
}

/** Bits in which hashes may differ. Hashes of more bits apart would have to be compared with nearly all others. */
export const distanceMax = 3;
const bits = 64;

export function lookAlikes(distance: number): LookAlikes {
  return distance === 0 ? equalHashes() : nearHashes(distance);
}

/** 24 to 72 bytes a picture. */
function equalHashes(): LookAlikes {
  const numbers = hashTable();
  return {
    earlier(hash, number) {
      const slot = numbers.slotOf(hash);
      const found = numbers.get(slot);
      if (found === 0) numbers.set(slot, number + 1);
      return found === 0 ? undefined : found - 1;
    },
  };
}

/**
 * Of `distance + 1` parts of two hashes that differ in at most `distance` bits, one is equal; so only hashes that share
 * a part are compared. About 100 bytes a picture. Source: multi-index hashing, Norouzi et al. 2012.
 */
function nearHashes(distance: number): LookAlikes {
  const parts = distance + 1;
  const partBits = BigInt(bits / (parts === 3 ? 4 : parts));
  const found = Array.from({ length: Number(BigInt(bits) / partBits) }, () => new Map<bigint, number[]>());
  const hashes: bigint[] = [];
  const numbers: number[] = [];
  return {
    earlier(hash, number) {
      const value = BigInt(`0x${hash}`);
      const keys = found.map((_, at) => (value >> (BigInt(at) * partBits)) & ((1n << partBits) - 1n));
      const near = found
        .flatMap((part, at) => part.get(keys[at]!) ?? [])
        .filter((place) => {
          return bitCount(hashes[place]! ^ value) <= distance;
        });
      if (near.length > 0) return numbers[Math.min(...near)];
      const place = hashes.push(value) - 1;
      numbers.push(number);
      found.forEach((part, at) => {
        const places = part.get(keys[at]!);
        if (places) places.push(place);
        else part.set(keys[at]!, [place]);
      });
      return undefined;
    },
  };
}

function bitCount(value: bigint): number {
  return value.toString(2).replaceAll('0', '').length;
}
