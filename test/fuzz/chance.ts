import { seededRandom } from '#model/parameters/seeded-random.js';

/** The random draws of one case, a function of seed, target and case number, so that each case can be run alone. */
export interface Chance {
  /** A random whole number from 0 to `count` - 1. */
  below(count: number): number;
  pick<T>(items: readonly T[]): T;
  /** True with probability 1 / `times`. */
  oneIn(times: number): boolean;
}

export function chanceOf(seed: number, target: string, number: number): Chance {
  const { uniform } = seededRandom(seed, `${target} ${number}`);
  const below = (count: number): number => Math.floor(uniform() * count);
  return { below, pick: (items) => items[below(items.length)]!, oneIn: (times) => below(times) === 0 };
}
