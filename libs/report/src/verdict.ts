import { ordinal } from './figures.js';
import type { Guess, Tile } from './report.js';

/** Whether the model was right about a tile's image, also in words, so that colour is never the only sign. */
export interface Verdict {
  readonly right: boolean;
  /** `right`, or the rank of the true class: `truth ranked 2nd`. */
  readonly text: string;
  /** The three most probable classes; `hit` marks the true one. */
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
