import { axis, stepAxis, type Axis } from './axis.js';
import { whole } from '../figures.js';
import { markup, type Markup } from '../page/markup.js';
import type { Palette } from '../palette.js';
import { smooth, thin, type Point } from './series.js';

export interface LineChart {
  readonly title: string;
  /** What the y axis counts, with its unit. */
  readonly unit: string;
  readonly series: readonly Series[];
  /** A level worth comparing with, such as chance. */
  readonly reference?: { readonly value: number; readonly label: string };
  /** How a value is written at a tick. */
  readonly format: (value: number) => string;
}

export interface Series {
  readonly label: string;
  readonly points: readonly Point[];
  /** Steps in the moving mean drawn over the pale single values; 1 draws the values themselves. */
  readonly window: number;
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly fontSize: number;
}

/** Width of a digit in font sizes, a little generous: faces differ. */
const CHARACTER = 0.62;

/** Lines over steps, as the inside of an SVG of the frame's size. x counts committed steps; y starts at zero. */
export function lineChart(chart: LineChart, frame: Frame, palette: Palette): Markup {
  const all = chart.series.flatMap(({ points }) => points.filter(isFinitePoint));
  const { width, height, fontSize } = frame;
  const header = markup`<text x="0" y="${fontSize * 1.25}" font-size="${fontSize * 1.25}" font-weight="bold" fill="${palette.ink}">${chart.title}</text>
<text x="0" y="${fontSize * 2.8}" font-size="${fontSize}" fill="${palette.muted}">${chart.unit}</text>`;
  if (all.length === 0) {
    return markup`${header}<text x="${width / 2}" y="${height / 2}" text-anchor="middle" font-size="${fontSize}" fill="${palette.muted}">No steps to show.</text>`;
  }
  const highest = all.reduce((best, { y }) => Math.max(best, y), chart.reference?.value ?? 0);
  const ys = axis(0, highest, 4);
  const last = all.reduce((best, { x }) => Math.max(best, x), 1);
  const tickWidth = fontSize * (whole(last).length * CHARACTER + 2);
  const xs = stepAxis(last, Math.max(1, Math.min(6, Math.floor((0.85 * width) / tickWidth))));
  const left = Math.max(...ys.ticks.map((tick) => chart.format(tick).length)) * fontSize * CHARACTER + fontSize * 0.8;
  const box: Box = {
    left,
    right: width - fontSize * 0.5,
    top: fontSize * 4.7,
    bottom: height - fontSize * 3.2,
    xs,
    ys,
  };
  return markup`${header}${legend(chart, frame, palette)}${grid(chart, box, fontSize, palette)}${reference(chart, box, fontSize, palette)}${chart.series.map(
    (series, index) => drawSeries(series, box, colourOf(index, palette)),
  )}`;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly xs: Axis;
  readonly ys: Axis;
}

function grid(chart: LineChart, box: Box, fontSize: number, palette: Palette): Markup {
  const { left, right, bottom, xs, ys } = box;
  const rows = ys.ticks.map((tick) => {
    const y = yOf(tick, box);
    const stroke = tick === 0 ? palette.muted : palette.grid;
    return markup`<line x1="${left}" x2="${right}" y1="${y}" y2="${y}" stroke="${stroke}" stroke-width="1"/><text x="${
      left - fontSize * 0.5
    }" y="${y + fontSize * 0.35}" text-anchor="end" font-size="${fontSize}" fill="${palette.muted}">${chart.format(tick)}</text>`;
  });
  const columns = xs.ticks.map((tick) => {
    const x = xOf(tick, box);
    const anchor = x > right - fontSize * 1.5 ? 'end' : 'middle';
    return markup`<line x1="${x}" x2="${x}" y1="${bottom}" y2="${bottom + 4}" stroke="${palette.muted}" stroke-width="1"/><text x="${
      anchor === 'end' ? right : x
    }" y="${bottom + fontSize * 1.5}" text-anchor="${anchor}" font-size="${fontSize}" fill="${palette.muted}">${whole(tick)}</text>`;
  });
  const name = markup`<text x="${(left + right) / 2}" y="${bottom + fontSize * 2.75}" text-anchor="middle" font-size="${fontSize}" fill="${palette.muted}">step</text>`;
  return markup`${rows}${columns}${name}`;
}

function reference({ reference: level }: LineChart, box: Box, fontSize: number, palette: Palette): Markup | undefined {
  if (!level) return undefined;
  const y = yOf(level.value, box);
  return markup`<line x1="${box.left}" x2="${box.right}" y1="${y}" y2="${y}" stroke="${palette.muted}" stroke-width="1.2" stroke-dasharray="5 4"/><text x="${
    box.right
  }" y="${y - fontSize * 0.45}" text-anchor="end" font-size="${fontSize}" fill="${palette.muted}" stroke="${palette.card}" stroke-width="5" paint-order="stroke">${level.label}</text>`;
}

function drawSeries({ points, window }: Series, box: Box, colour: string): Markup {
  const kept = points.filter(isFinitePoint);
  const path = (drawn: readonly Point[]): string =>
    thin(drawn, 1000)
      .map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${round(xOf(x, box))} ${round(yOf(y, box))}`)
      .join('');
  const line = (drawn: readonly Point[], width: number, opacity: number): Markup =>
    markup`<path d="${path(drawn)}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-opacity="${opacity}" stroke-linejoin="round" stroke-linecap="round"/>`;
  if (window <= 1) {
    const dots =
      kept.length > 20
        ? []
        : kept.map(
            ({ x, y }) =>
              markup`<circle cx="${round(xOf(x, box))}" cy="${round(yOf(y, box))}" r="3.5" fill="${colour}"/>`,
          );
    return markup`${line(kept, 2.2, 1)}${dots}`;
  }
  return markup`${line(kept, 1, 0.32)}${line(smooth(kept, window), 2.4, 1)}`;
}

/** Right of the title: what each line is. Left out where there is one plain line. */
function legend({ series }: LineChart, { width, fontSize }: Frame, palette: Palette): Markup | undefined {
  if (series.length === 1 && (series[0]?.window ?? 1) <= 1) return undefined;
  const entries = series.flatMap(({ label, window }, index) => [
    { text: window > 1 ? `mean of ${window} steps` : label, colour: colourOf(index, palette), opacity: 1, width: 2.4 },
    ...(window > 1 ? [{ text: 'each step', colour: colourOf(index, palette), opacity: 0.4, width: 1 }] : []),
  ]);
  return markup`${entries.map(
    (entry, index) =>
      markup`<line x1="${width - fontSize * 2}" x2="${width - fontSize * 0.5}" y1="${fontSize * (0.9 + index * 1.5)}" y2="${
        fontSize * (0.9 + index * 1.5)
      }" stroke="${entry.colour}" stroke-opacity="${entry.opacity}" stroke-width="${entry.width}"/><text x="${width - fontSize * 2.5}" y="${
        fontSize * (1.25 + index * 1.5)
      }" text-anchor="end" font-size="${fontSize}" fill="${palette.muted}">${entry.text}</text>`,
  )}`;
}

function colourOf(index: number, palette: Palette): string {
  return [palette.accent, palette.second, palette.right][index % 3] ?? palette.accent;
}

function xOf(x: number, { left, right, xs }: Box): number {
  return left + ((x - xs.low) / (xs.high - xs.low)) * (right - left);
}

function yOf(y: number, { top, bottom, ys }: Box): number {
  return bottom - ((y - ys.low) / (ys.high - ys.low)) * (bottom - top);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function isFinitePoint({ x, y }: Point): boolean {
  return Number.isFinite(x) && Number.isFinite(y);
}
