/** The bar that the ratio of a figure must reach. */
export type Bar =
  | { readonly kind: 'atLeast'; readonly ratio: number }
  | { readonly kind: 'atMost'; readonly ratio: number }
  | { readonly kind: 'reported' };

/** Something that is measured, such as the speed of a training step: a line of the table. */
export interface Figure {
  readonly name: string;
  readonly bar: Bar;
  /** What is measured, and what it is compared with. */
  readonly about: string;
  /** The module of `figures/` that measures it. One module may measure several figures. */
  readonly module: string;
}

/** The result of measuring a figure. */
export interface Measurement {
  readonly name: string;
  readonly value: number;
  /** Unit of value and reference. */
  readonly unit: string;
  /** What the value is compared with: measured in the same run, in turn with the value, or a fixed limit. */
  readonly reference: number;
  /** value ÷ reference, as the median over the turns of each turn's own ratio. */
  readonly ratio: number;
}

/** The function `measure` that each module of `figures/` exports. */
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
 * The figures asked for, or all of them where none is. A name that is no figure's stands for all figures below it:
 * `step` for `step/small` and `step/vit-b-32`.
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
