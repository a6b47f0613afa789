import { shownName } from '#protocol/input/shown.js';

/** How often something happened, and the first places where it did. */
export interface Tally {
  readonly what: string;
  readonly count: number;
  readonly examples: readonly string[];
}

/** Places that are named for each kind. */
export const examplesMax = 3;
/** Reasons differ in their numbers and places, but no source has endless kinds of them. */
const kindsMax = 200;

/** The reason without what is special about this sample: sizes and places. A limit is the same for all. */
export function kindOf(reason: string): string {
  return reason
    .replace(/ at \/.*?: /, ': ')
    .replace(/ of (?=[\d,]+ bytes)/, ' of … bytes, ')
    .replace(/… bytes, [\d,]+ bytes/, '… bytes')
    .replace(/; pairs before it: \d+/, '')
    .replace(/(?<![\w-]|limit (?:is|of) )\d[\d,]*/g, (number) => (number.length > 3 ? '…' : number))
    .split('\n', 1)[0]!;
}

/** Counts by kind. */
export interface Tallies {
  add(what: string, origin: string, count?: number): void;
  /** The most frequent first. */
  list(): Tally[];
}

export function tallies(): Tallies {
  const found = new Map<string, { count: number; examples: string[] }>();
  return {
    add(what, origin, count = 1) {
      const kind = found.has(what) || found.size < kindsMax ? what : 'other reasons';
      const tally = found.get(kind) ?? { count: 0, examples: [] };
      tally.count += count;
      if (tally.examples.length < examplesMax) tally.examples.push(shownName(origin));
      found.set(kind, tally);
    },
    list: () => [...found].map(([what, tally]) => ({ what, ...tally })).sort((one, other) => other.count - one.count),
  };
}
