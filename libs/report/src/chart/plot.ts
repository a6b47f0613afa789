import { element, markup, type Attributes, type Markup } from '../page/markup.js';
import type { Palette } from '../palette.js';

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly fontSize: number;
}

/** Width of a digit in units of the font size, on the generous side because fonts differ. */
export const digitWidth = 0.62;

/** The rectangle that a chart draws in, with the scales from its values to coordinates. */
export interface Plot {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly xTitle: string;
  readonly xTicks: readonly Tick[];
  readonly yTicks: readonly Tick[];
}

export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** The title of a chart, and below it what its y axis shows. */
export function heading(
  { title, unit }: { readonly title: string; readonly unit: string },
  fontSize: number,
  palette: Palette,
): Markup {
  const titleStyle = { 'font-size': fontSize * 1.25, 'font-weight': 'bold', fill: palette.ink };
  return markup`
${element('text', { x: 0, y: fontSize * 1.25, ...titleStyle }, title)}
${element('text', { x: 0, y: fontSize * 2.8, ...labelStyle(fontSize, palette) }, unit)}`;
}

/** Lines at the ticks of the y axis, marks at those of the x axis, labels, and the title of the x axis. */
export function grid(plot: Plot, fontSize: number, palette: Palette): Markup {
  const { left, right, bottom } = plot;
  const label = labelStyle(fontSize, palette);
  const rows = plot.yTicks.map((tick) => {
    const y = plot.y(tick.value);
    const stroke = y === bottom ? palette.muted : palette.grid;
    const at = { x: left - fontSize * 0.5, y: y + fontSize * 0.35, 'text-anchor': 'end' };
    return markup`${element('line', { x1: left, x2: right, y1: y, y2: y, stroke, 'stroke-width': 1 })}
${element('text', { ...at, ...label }, tick.label)}`;
  });
  const columns = plot.xTicks.map((tick) => {
    const x = plot.x(tick.value);
    const mark = { x1: x, x2: x, y1: bottom, y2: bottom + 4, stroke: palette.muted, 'stroke-width': 1 };
    const isAtEnd = x > right - fontSize * 1.5;
    const at = { x: isAtEnd ? right : x, y: bottom + fontSize * 1.5, 'text-anchor': isAtEnd ? 'end' : 'middle' };
    return markup`${element('line', mark)}${element('text', { ...at, ...label }, tick.label)}`;
  });
  const below = { x: (left + right) / 2, y: bottom + fontSize * 2.75, 'text-anchor': 'middle' };
  return markup`${rows}${columns}${element('text', { ...below, ...label }, plot.xTitle)}`;
}

export function labelStyle(fontSize: number, palette: Palette): Attributes {
  return { 'font-size': fontSize, fill: palette.muted };
}

export function colourOf(index: number, palette: Palette): string {
  return [palette.accent, palette.second, palette.right][index % 3]!;
}
