import { reaches, type Bar, type Figure, type Measurement } from './figure.js';

/** The header line of the table. */
export function headLine(): string {
  return rowLine(['figure', 'value', 'reference', 'ratio', 'bar', '']);
}

/** The line of the table for a figure that was measured. */
export function resultLine(figure: Figure, measured: Measurement): string {
  const { value, reference, unit, ratio } = measured;
  const verdict = figure.bar.kind === 'reported' ? '' : reaches(figure.bar, measured) ? 'pass' : 'FAIL';
  return rowLine([
    figure.name,
    `${digits(value)} ${unit}`,
    `${digits(reference)} ${unit}`,
    ratio.toFixed(ratio < 0.1 ? 3 : 2),
    barText(figure.bar),
    verdict,
  ]);
}

/** The line for a figure that could not be measured, with the reason below it. */
export function failureLine(figure: Figure, reason: string): string {
  return `${rowLine([figure.name, '-', '-', '-', barText(figure.bar), 'FAIL'])}\n  ${reason.split('\n').join('\n  ')}`;
}

/** One line of JSON: {name, value, unit, reference, ratio}. */
export function jsonLine({ name, value, unit, reference, ratio }: Measurement): string {
  return JSON.stringify({ name, value: rounded(value), unit, reference: rounded(reference), ratio: rounded(ratio) });
}

const widths = [27, 18, 18, 7, 8, 4] as const;

function rowLine(cells: readonly string[]): string {
  return cells
    .map((cell, at) => (at === 0 || at > 3 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)))
    .join('  ')
    .trimEnd();
}

function barText(bar: Bar): string {
  switch (bar.kind) {
    case 'atLeast':
      return `≥ ${bar.ratio.toFixed(2)}`;
    case 'atMost':
      return `≤ ${bar.ratio.toFixed(2)}`;
    case 'reported':
      return '';
  }
}

/** Three significant digits, and all digits before the point. */
function digits(value: number): string {
  const places = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 0.001))));
  return value.toFixed(places);
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
