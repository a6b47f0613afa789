import { captionCensus } from '../dataset/caption-census.js';
import { isRepaired } from '../text/clean-caption.js';
import { kindOf, tallies, type Tally } from './tally.js';

/** What became of everything in a source. */
export interface PrepareAccount {
  readonly pairs: number;
  readonly captions: number;
  /** Captions that a model can tell apart. */
  readonly distinctCaptions: number;
  /** Share of the first 10,000 captions that have more tokens than CLIP's context. */
  readonly longShare: number;
  /** Images of pairs, as they are stored. */
  readonly imageBytes: number;
  /** Median of the shorter sides of the images as they came, in pixels. */
  readonly medianSide: number;
  /** Samples by the reason why they were left out, the most frequent first. */
  readonly leftOut: readonly Tally[];
  /** Pairs that were taken and changed, by what was changed. */
  readonly changed: readonly Tally[];
  /** Files that are no part of any pair, by their kind. */
  readonly ignored: readonly Tally[];
  /** How the source was read, where that was guessed or may surprise. */
  readonly said: readonly string[];
}

export interface AccountBook {
  take(pair: {
    readonly origin: string;
    readonly captions: readonly string[];
    readonly imageBytes: number;
    readonly shortestSide: number;
    readonly changes: readonly string[];
  }): void;
  leaveOut(origin: string, reason: string): void;
  change(what: string, origin: string, count?: number): void;
  ignore(origin: string, kind?: string): void;
  say(sentence: string): void;
  account(): PrepareAccount;
}

/** Keeps the account while a data set is prepared, in memory that does not grow with it beyond 8 bytes a caption. */
export function accountBook(): AccountBook {
  const leftOut = tallies();
  const changed = tallies();
  const ignored = tallies();
  const census = captionCensus();
  const said: string[] = [];
  const sides = new Map<number, number>();
  let [pairs, imageBytes] = [0, 0];
  return {
    take(pair) {
      pairs++;
      imageBytes += pair.imageBytes;
      sides.set(pair.shortestSide, (sides.get(pair.shortestSide) ?? 0) + 1);
      for (const caption of pair.captions) census.add(caption);
      for (const what of pair.changes) changed.add(what, pair.origin);
      if (pair.captions.some(isRepaired)) changed.add(captionsRepaired, pair.origin);
    },
    leaveOut: (origin, reason) => leftOut.add(kindOf(reason), origin),
    change: (what, origin, count) => changed.add(what, origin, count),
    ignore: (origin, kind = filesIgnored) => ignored.add(kind, origin),
    say: (sentence) => said.push(sentence),
    account: () => ({
      pairs,
      ...census.counts(),
      imageBytes,
      medianSide: medianOf(sides),
      leftOut: leftOut.list(),
      changed: changed.list(),
      ignored: ignored.list(),
      said,
    }),
  };
}

const filesIgnored = 'files that are no part of a pair';
const captionsRepaired = 'broken characters (mojibake) in captions, which training repairs';
function medianOf(counts: ReadonlyMap<number, number>): number {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  let seen = 0;
  for (const [value, count] of [...counts].sort(([one], [other]) => one - other)) {
    seen += count;
    if (2 * seen >= total) return value;
  }
  return 0;
}
