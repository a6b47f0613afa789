import { max } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import { whole } from '../figures.js';
import { element, markup, type Markup } from '../page/markup.js';
import type { Palette } from '../palette.js';
import { colourOf, digitWidth, grid, heading, labelStyle, type Frame, type Plot } from './plot.js';
import { smooth, thin, type Point } from './series.js';
import { stepTicks, valueTicks } from './ticks.js';

export interface LineChart {
  readonly title: string;
  /** What the y axis shows, with its unit. */
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
  /** Width in steps of the moving mean that is drawn over the pale single values; 1 draws the values themselves. */
  readonly window: number;
}

/** Longest line drawn in full; a longer one is thinned to this many points. */
const pointsMax = 1000;

/**
 * A line chart over training steps, as the inside of an SVG of the frame's size. x is the committed step; y starts at
 * zero.
 */
export function lineChart(chart: LineChart, frame: Frame, palette: Palette): Markup {
  const { width, height, fontSize } = frame;
  const header = heading(chart, fontSize, palette);
  const plot = plotOf(chart, frame);
  if (!plot) {
    const middle = { x: width / 2, y: height / 2, 'text-anchor': 'middle' };
    return markup`${header}${element('text', { ...middle, ...labelStyle(fontSize, palette) }, 'No steps to show.')}`;
  }
  return markup`${header}
${legend(chart, frame, palette)}
${grid(plot, fontSize, palette)}
${reference(chart, plot, fontSize, palette)}
${chart.series.map((series, index) => drawSeries(series, plot, colourOf(index, palette)))}`;
}

/** Undefined where there is no point to draw. */
function plotOf({ series, reference: level, format }: LineChart, { width, height, fontSize }: Frame): Plot | undefined {
  const points = series.flatMap((one) => one.points.filter(isFinitePoint));
  if (points.length === 0) return undefined;
  const last = Math.max(
    1,
    max(points, ({ x }) => x)!,
  );
  const tickWidth = fontSize * (whole(last).length * digitWidth + 2);
  const xTicks = stepTicks(last, Math.max(1, Math.min(6, Math.floor((0.85 * width) / tickWidth))));
  const yTicks = valueTicks(
    Math.max(
      level?.value ?? 0,
      max(points, ({ y }) => y)!,
    ),
  );
  const longestTick = max(yTicks, (tick) => format(tick).length)!;
  const [left, right] = [longestTick * fontSize * digitWidth + fontSize * 0.8, width - fontSize * 0.5];
  const [top, bottom] = [fontSize * 4.7, height - fontSize * 3.2];
  return {
    left,
    right,
    bottom,
    x: scaleLinear([0, last], [left, right]),
    y: scaleLinear([0, yTicks.at(-1)!], [bottom, top]),
    xTitle: 'step',
    xTicks: xTicks.map((value) => ({ value, label: whole(value) })),
    yTicks: yTicks.map((value) => ({ value, label: format(value) })),
  };
}

function reference(
  { reference: level }: LineChart,
  plot: Plot,
  fontSize: number,
  palette: Palette,
): Markup | undefined {
  if (!level) return undefined;
  const { left, right } = plot;
  const y = plot.y(level.value);
  const stroke = { stroke: palette.muted, 'stroke-width': 1.2, 'stroke-dasharray': '5 4' };
  // Painted in the card's colour first, so that the label stays readable where a line crosses it.
  const halo = { stroke: palette.card, 'stroke-width': 5, 'paint-order': 'stroke' };
  const at = { x: right, y: y - fontSize * 0.45, 'text-anchor': 'end' };
  return markup`${element('line', { x1: left, x2: right, y1: y, y2: y, ...stroke })}
${element('text', { ...at, ...labelStyle(fontSize, palette), ...halo }, level.label)}`;
}

function drawSeries({ points, window }: Series, plot: Plot, colour: string): Markup {
  const kept = points.filter(isFinitePoint);
  const at = ({ x, y }: Point): Point => ({ x: rounded(plot.x(x)), y: rounded(plot.y(y)) });
  const line = (drawn: readonly Point[], width: number, opacity: number): Markup => {
    const corners = thin(drawn, pointsMax).map(at);
    return element('path', {
      d: corners.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join(''),
      fill: 'none',
      stroke: colour,
      'stroke-width': width,
      'stroke-opacity': opacity,
      'stroke-linejoin': 'round',
      'stroke-linecap': 'round',
    });
  };
  if (window > 1) return markup`${line(kept, 1, 0.32)}${line(smooth(kept, window), 2.4, 1)}`;
  const dotted = kept.length > 20 ? [] : kept.map(at);
  const dots = dotted.map(({ x, y }) => element('circle', { cx: x, cy: y, r: 3.5, fill: colour }));
  return markup`${line(kept, 2.2, 1)}${dots}`;
}

/** Right of the title: what each line is. Left out where there is one plain line. */
function legend({ series }: LineChart, { width, fontSize }: Frame, palette: Palette): Markup | undefined {
  if (series.length === 1 && (series[0]?.window ?? 1) <= 1) return undefined;
  const entries = series.flatMap(({ label, window }, index) => {
    const colour = colourOf(index, palette);
    return [
      { text: window > 1 ? `mean of ${window} steps` : label, colour, opacity: 1, width: 2.4 },
      ...(window > 1 ? [{ text: 'each step', colour, opacity: 0.4, width: 1 }] : []),
    ];
  });
  const rows = entries.map((entry, index) => {
    const lineY = fontSize * (0.9 + index * 1.5);
    const line = { x1: width - fontSize * 2, x2: width - fontSize * 0.5, y1: lineY, y2: lineY };
    const stroke = { stroke: entry.colour, 'stroke-opacity': entry.opacity, 'stroke-width': entry.width };
    const at = { x: width - fontSize * 2.5, y: fontSize * (1.25 + index * 1.5), 'text-anchor': 'end' };
    return markup`${element('line', { ...line, ...stroke })}
${element('text', { ...at, ...labelStyle(fontSize, palette) }, entry.text)}`;
  });
  return markup`${rows}`;
}

/** A tenth of a unit is finer than anyone sees, and keeps a path of a thousand points small. */
function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function isFinitePoint({ x, y }: Point): boolean {
  return Number.isFinite(x) && Number.isFinite(y);
}
