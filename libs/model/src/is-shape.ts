/**
 * Is `got` the shape that was expected? A single number may come in a vector of one, as open_clip's
 * nonscalar_logit_scale keeps it.
 */
export function isShape(got: readonly number[], expected: readonly number[]): boolean {
  return got.join() === expected.join() || (expected.length === 0 && got.join() === '1');
}
