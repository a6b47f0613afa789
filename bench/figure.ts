/** What the ratio of a figure must be. */
export type Bar =
  | { readonly kind: 'atLeast'; readonly ratio: number }
  | { readonly kind: 'atMost'; readonly ratio: number }
  | { readonly kind: 'reported' };

/** A line of the table of figures. */
export interface Figure {
  readonly name: string;
  readonly bar: Bar;
  /** What is measured, and what it is held against. */
  readonly about: string;
  /** The module of `figures/` that measures it; one may measure several at once. */
  readonly module: string;
}

/** A figure as it was measured. */
export interface Measurement {
  readonly name: string;
  readonly value: number;
  /** Of value and reference. */
  readonly unit: string;
  /** Measured in the same run, turn by turn with the value; or a fixed limit. */
  readonly reference: number;
  /** value ÷ reference: the median over the turns, each with its own reference. */
  readonly ratio: number;
}

/** What each module of `figures/` exports as `measure`. */
export type Measure = () => AsyncGenerator<Measurement>;

export function reaches(bar: Bar, { ratio }: Measurement): boolean {
  switch (bar.kind) {
    case 'atLeast':
      return ratio >= bar.ratio;
    case 'atMost':
      return ratio <= bar.ratio;
    case 'reported':
      return true;
  }
}

/**
 * The figures asked for: by name, or all that begin with a part that is no figure's name; every one where nothing is
 * asked for.
 */
export function chosenFigures(figures: readonly Figure[], asked: readonly string[]): Figure[] {
  const names = new Set(asked.flatMap((name) => namesMeant(figures, name)));
  return figures.filter((figure) => asked.length === 0 || names.has(figure.name));
}

function namesMeant(figures: readonly Figure[], name: string): string[] {
  const names = figures.map((figure) => figure.name);
  const meant = names.includes(name) ? [name] : names.filter((one) => one.startsWith(`${name}/`));
  if (meant.length === 0) throw new Error(`Expected names of figures, got "${name}"; there are: ${names.join(', ')}`);
  return meant;
}
