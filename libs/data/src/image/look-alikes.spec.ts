import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lookAlikes } from './look-alikes.js';

const hexOf = (value: bigint): string => value.toString(16).padStart(16, '0');
const distanceOf = (one: bigint, other: bigint): number => (one ^ other).toString(2).replaceAll('0', '').length;

it.each([0, 1, 2, 3])(
  'distance %i: finds what comparing with all earlier pictures that were kept finds',
  (distance) => {
    const flips = fc.array(fc.integer({ min: 0, max: 63 }), { maxLength: 5 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(0n, 0x0123456789abcdefn, 2n ** 64n - 1n), flips)), (pictures) => {
        const hashes = pictures.map(([from, places]) => places.reduce((hash, at) => hash ^ (1n << BigInt(at)), from));
        const finder = lookAlikes(distance);
        const kept: number[] = [];
        hashes.forEach((hash, number) => {
          const expected = kept.find((other) => distanceOf(hashes[other]!, hash) <= distance);
          if (expected === undefined) kept.push(number);
          expect(finder.earlier(hexOf(hash), number)).toBe(expected);
        });
      }),
    );
  },
);
