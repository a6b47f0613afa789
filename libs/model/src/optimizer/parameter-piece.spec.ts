import { expect, it } from 'vitest';
import { parameterPieces, valuesOf } from './parameter-piece.js';

it('pieces cover every value once, in order, and none crosses from one parameter to the next', () => {
  const values = {
    large: Float32Array.from({ length: 200_000 }, (_, i) => i % 251),
    empty: new Float32Array(0),
    scalar: Float32Array.of(7),
    exact: new Float32Array(2 ** 17).fill(3),
  };
  const pieces = parameterPieces(values);
  expect(pieces.map(({ index }) => index)).toEqual(pieces.map((_, at) => at));
  expect(pieces.map(({ name }) => name)).toEqual(['large', 'large', 'large', 'large', 'scalar', 'exact', 'exact']);
  const joined = pieces.map((piece) => Buffer.from(Uint8Array.from(valuesOf(piece, values)).buffer));
  const whole = [values.large, values.scalar, values.exact].map((each) => Buffer.from(Uint8Array.from(each).buffer));
  expect(Buffer.compare(Buffer.concat(joined), Buffer.concat(whole))).toBe(0);
});
