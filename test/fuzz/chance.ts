import { seededRandom } from '#model/parameters/seeded-random.js';

/** Draws of one case: a function of seed, target and case number, so that a case can be run by itself. */
export interface Chance {
  /** A whole number from 0 to `count` - 1. */
  below(count: number): number;
  pick<T>(items: readonly T[]): T;
  /** True one time in `times`. */
  oneIn(times: number): boolean;
}

export function chanceOf(seed: number, target: string, number: number): Chance {
  const { uniform } = seededRandom(seed, `${target} ${number}`);
  const below = (count: number): number => Math.floor(uniform() * count);
  return { below, pick: (items) => items[below(items.length)]!, oneIn: (times) => below(times) === 0 };
}
