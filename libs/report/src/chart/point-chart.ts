import { extent } from 'd3-array';
import { scaleLinear, scaleLog } from 'd3-scale';
import { element, markup, type Markup } from '../page/markup.js';
import type { Palette } from '../palette.js';
import { colourOf, digitWidth, grid, heading, labelStyle, type Frame, type Plot, type Tick } from './plot.js';
import { placeNames } from './point-names.js';
import { valueTicks } from './ticks.js';

/** Measured points over a number, such as accuracy over shots or over GFLOP. */
export interface PointChart {
  readonly title: string;
  /** What the y axis shows, with its unit. */
  readonly unit: string;
  readonly xTitle: string;
  readonly xScale: 'linear' | 'log';
  /** The labelled places of a linear x axis; a log axis finds its own. */
  readonly xTicks?: readonly Tick[];
  /** Where the y axis begins: at zero, or a little below the lowest point. */
  readonly yFrom: 'zero' | 'data';
  readonly series: readonly PointSeries[];
  /** How a value is written at a tick. */
  readonly format: (value: number) => string;
}

export interface PointSeries {
  readonly label: string;
  readonly mark: 'dot' | 'ring' | 'star';
  /** Whether a line joins the points, which are in the order of x. */
  readonly joined: boolean;
  readonly points: readonly ChartPoint[];
}

export interface ChartPoint {
  readonly x: number;
  readonly y: number;
  /** Half the length of the bar through the point, in the unit of y. */
  readonly deviation?: number;
  /** A name beside the point. */
  readonly name?: string;
}

/** The chart as the inside of an SVG of the frame's size. */
export function pointChart(chart: PointChart, frame: Frame, palette: Palette): Markup {
  const { fontSize, width } = frame;
  const plot = plotOf(chart, frame);
  return markup`${heading(chart, fontSize, palette)}
${chart.series.map((one, index) => legendEntry(one, index, width, fontSize, palette))}
${grid(plot, fontSize, palette)}
${chart.series.map((one, index) => linesOf(one, plot, colourOf(index, palette)))}
${namesOf(chart.series, plot, frame, palette)}
${chart.series.map((one, index) => marksOf(one, plot, fontSize, colourOf(index, palette), palette))}`;
}

function plotOf(chart: PointChart, { width, height, fontSize }: Frame): Plot {
  const points = chart.series.flatMap((one) => one.points);
  const top = Math.max(...points.map(({ y, deviation = 0 }) => y + deviation));
  const lowest = Math.min(...points.map(({ y, deviation = 0 }) => y - deviation));
  const yTicks = chart.yFrom === 'zero' ? valueTicks(top) : ticksAround(lowest, top);
  const longest = Math.max(...yTicks.map((value) => chart.format(value).length));
  const [left, right] = [longest * fontSize * digitWidth + fontSize * 0.8, width - fontSize * 1.5];
  const [upper, bottom] = [fontSize * (3.4 + 1.5 * chart.series.length), height - fontSize * 3.2];
  const x = xScaleOf(chart, points, left, right, fontSize);
  return {
    left,
    right,
    bottom,
    x: x.scale,
    y: scaleLinear([yTicks[0]!, yTicks.at(-1)!], [bottom, upper]),
    xTitle: chart.xTitle,
    xTicks: x.ticks,
    yTicks: yTicks.map((value) => ({ value, label: chart.format(value) })),
  };
}

function ticksAround(lowest: number, highest: number): number[] {
  const room = highest === lowest ? 0.01 : (highest - lowest) / 10; // For the names below the points.
  const scale = scaleLinear([Math.max(0, lowest - room), highest], [0, 1]).nice(5);
  return scale.ticks(5);
}

function xScaleOf(
  { xScale, xTicks = [] }: PointChart,
  points: readonly ChartPoint[],
  left: number,
  right: number,
  fontSize: number,
): { readonly scale: (value: number) => number; readonly ticks: readonly Tick[] } {
  const values = [...points.map(({ x }) => x), ...xTicks.map(({ value }) => value)];
  const [low = 0, high = 1] = extent(values);
  const range = [left + fontSize, right - fontSize];
  if (xScale === 'linear') return { scale: scaleLinear([low, high], range), ticks: xTicks };
  const scale = scaleLog([low / 1.3, high * 1.3], range);
  const inside = scale.ticks(6).filter((value) => /^[125]/.test(value.toExponential()));
  return { scale, ticks: inside.map((value) => ({ value, label: String(Number(value.toPrecision(6))) })) };
}

function placesOf({ points }: PointSeries, plot: Plot): { readonly x: number; readonly y: number }[] {
  return points.map(({ x, y }) => ({ x: rounded(plot.x(x)), y: rounded(plot.y(y)) }));
}

function linesOf(one: PointSeries, plot: Plot, colour: string): Markup {
  const at = placesOf(one, plot);
  const line = element('path', {
    d: at.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join(''),
    fill: 'none',
    stroke: colour,
    'stroke-width': 2.2,
    'stroke-linejoin': 'round',
  });
  const bars = one.points.flatMap(({ y, deviation = 0 }, index) => {
    if (deviation === 0) return [];
    const { x } = at[index]!;
    const [y1, y2] = [rounded(plot.y(y - deviation)), rounded(plot.y(y + deviation))];
    return [element('line', { x1: x, x2: x, y1, y2, stroke: colour, 'stroke-width': 1.4, 'stroke-opacity': 0.6 })];
  });
  return markup`${one.joined ? [line] : []}${bars}`;
}

function namesOf(series: readonly PointSeries[], plot: Plot, { width, fontSize }: Frame, palette: Palette): Markup {
  const named = series.flatMap((one) =>
    placesOf(one, plot).map((place, index) => ({ ...place, name: one.points[index]!.name })),
  );
  const size = fontSize * 0.9;
  const halo = { stroke: palette.card, 'stroke-width': 3, 'paint-order': 'stroke' };
  const names = placeNames(named, { left: plot.left, right: width, bottom: plot.bottom }, size);
  return markup`${names.map(({ name, x, y, anchor }) =>
    element(
      'text',
      { x: rounded(x), y: rounded(y), 'text-anchor': anchor, ...labelStyle(size, palette), ...halo },
      name,
    ),
  )}`;
}

function marksOf(one: PointSeries, plot: Plot, fontSize: number, colour: string, palette: Palette): Markup {
  return markup`${placesOf(one, plot).map(({ x, y }) => markOf(one.mark, x, y, fontSize, colour, palette))}`;
}

function markOf(
  mark: PointSeries['mark'],
  x: number,
  y: number,
  fontSize: number,
  colour: string,
  palette: Palette,
): Markup {
  switch (mark) {
    case 'dot':
      return element('circle', { cx: x, cy: y, r: fontSize * 0.3, fill: colour });
    case 'ring': {
      const stroke = { stroke: colour, 'stroke-width': 1.8, fill: palette.card };
      return element('circle', { cx: x, cy: y, r: fontSize * 0.3, ...stroke });
    }
    case 'star': {
      const corners = Array.from({ length: 10 }, (_, corner) => {
        const [radius, angle] = [fontSize * (corner % 2 === 0 ? 0.75 : 0.32), (corner * Math.PI) / 5];
        return `${rounded(x + radius * Math.sin(angle))},${rounded(y - radius * Math.cos(angle))}`;
      });
      return element('polygon', { points: corners.join(' '), fill: colour });
    }
  }
}

function legendEntry(one: PointSeries, index: number, width: number, fontSize: number, palette: Palette): Markup {
  const y = fontSize * (0.9 + index * 1.5);
  const at = { x: width - fontSize * 2, y: y + fontSize * 0.35, 'text-anchor': 'end' };
  return markup`${markOf(one.mark, width - fontSize, y, fontSize, colourOf(index, palette), palette)}
${element('text', { ...at, ...labelStyle(fontSize, palette) }, one.label)}`;
}

/** A tenth of a unit is finer than anyone sees. */
function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
