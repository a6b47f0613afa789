/** Extents that are known only when a program runs, each with the prime that stands for it in the program. */
export type NamedExtents = Readonly<Record<string, number>>;

/** `factor` times the named extents; a name that counts twice is listed twice. */
export interface Extent {
  readonly factor: number;
  readonly names: readonly string[];
}

/** Find what a whole number in a program stands for: 50 times the prime of `batch` is `50·batch`. */
export function extentOf(value: number, extents: NamedExtents): Extent {
  const names: string[] = [];
  let factor = value;
  for (const [name, prime] of Object.entries(extents)) {
    for (; factor !== 0 && factor % prime === 0; factor /= prime) names.push(name);
  }
  return { factor, names };
}
