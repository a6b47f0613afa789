/** How often something was left out, and the first places where it was. */
export interface LeftOut {
  readonly what: string;
  readonly count: number;
  readonly examples: readonly string[];
}

export interface LeftOutBook {
  add(what: string, where: string, count?: number): void;
  /** The most frequent first. */
  list(): LeftOut[];
}

const examplesMax = 3;

export function leftOutBook(): LeftOutBook {
  const book = new Map<string, { count: number; examples: string[] }>();
  return {
    add(what, where, count = 1) {
      const entry = book.get(what) ?? { count: 0, examples: [] };
      entry.count += count;
      if (entry.examples.length < examplesMax) entry.examples.push(where);
      book.set(what, entry);
    },
    list: () => [...book].map(([what, entry]) => ({ what, ...entry })).sort((a, b) => b.count - a.count),
  };
}
