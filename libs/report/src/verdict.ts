import { ordinal } from './figures.js';
import type { Guess, Tile } from './report.js';

/** How a tile came out, in words: colour is never the only sign. */
export interface Verdict {
  readonly right: boolean;
  /** `right`, or where the truth came: `truth ranked 2nd`. */
  readonly text: string;
  /** The best three; `hit` marks the truth. */
  readonly guesses: readonly (Guess & { readonly hit: boolean })[];
}

export function verdictOf(tile: Tile): Verdict {
  const right = tile.rank === 1;
  return {
    right,
    text: right ? 'right' : `truth ranked ${ordinal(tile.rank)}`,
    guesses: tile.best.slice(0, 3).map((guess) => ({ ...guess, hit: guess.label === tile.truth })),
  };
}
