import { max } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import { whole } from '../figures.js';
import { element, markup, type Markup } from '../page/markup.js';
import type { Palette } from '../palette.js';
import type { Frame } from './plot.js';
import { valueTicks } from './ticks.js';

/** Counts in groups side by side, such as a histogram before and after. */
export interface BarChart {
  readonly title: string;
  /** What the y axis counts, and what the x axis shows. */
  readonly unit: string;
  readonly below: string;
  /** What each bar of a group is. */
  readonly series: readonly string[];
  readonly groups: readonly { readonly label: string; readonly values: readonly number[] }[];
  /** A line at a group's left side, or so far within it. */
  readonly mark?: { readonly group: number; readonly label: string };
}

/** A bar chart as the inside of an SVG of the frame's size. y starts at zero. */
export function barChart(chart: BarChart, { width, height, fontSize }: Frame, palette: Palette): Markup {
  const yTicks = valueTicks(max(chart.groups, ({ values }) => max(values) ?? 0) ?? 0);
  const left = whole(yTicks.at(-1)!).length * fontSize * 0.62 + fontSize * 0.8;
  const [right, top, bottom] = [width - fontSize * 0.5, fontSize * 4.7, height - fontSize * 3.2];
  const y = scaleLinear([0, yTicks.at(-1)!], [bottom, top]);
  const step = (right - left) / Math.max(chart.groups.length, 1);
  const barWidth = (step * 0.8) / chart.series.length;
  const colours = [palette.grid, palette.accent].slice(-chart.series.length);
  const label = { 'font-size': fontSize, fill: palette.muted };
  const centred = { ...label, 'text-anchor': 'middle' };
  const heading = { x: 0, y: fontSize * 1.25, 'font-size': fontSize * 1.25, 'font-weight': 'bold', fill: palette.ink };

  const rows = yTicks.map((tick) => {
    const line = { x1: left, x2: right, y1: y(tick), y2: y(tick), stroke: palette.grid, 'stroke-width': 1 };
    const at = { ...label, x: left - fontSize * 0.5, y: y(tick) + fontSize * 0.35, 'text-anchor': 'end' };
    return markup`${element('line', line)}${element('text', at, whole(tick))}`;
  });
  const groups = chart.groups.map(({ label: name, values }, group) => {
    const from = left + step * (group + 0.1);
    const bars = values.map((value, at) => {
      const bar = { x: from + barWidth * at, y: y(value), width: barWidth, height: bottom - y(value) };
      return element('rect', { ...bar, fill: colours[at], stroke: at === 0 ? palette.muted : undefined });
    });
    return markup`${bars}${element('text', { ...centred, x: from + step * 0.4, y: bottom + fontSize * 1.5 }, name)}`;
  });
  const legend = chart.series.map((name, at) => {
    const box = { x: width - fontSize * 1.5, y: fontSize * (0.4 + 1.5 * at), width: fontSize, height: fontSize };
    const place = { ...label, x: width - fontSize * 2, y: fontSize * (1.25 + 1.5 * at), 'text-anchor': 'end' };
    const filled = { ...box, fill: colours[at], stroke: at === 0 ? palette.muted : undefined };
    return markup`${element('rect', filled)}${element('text', place, name)}`;
  });
  return markup`${element('text', heading, chart.title)}
${element('text', { ...label, x: 0, y: fontSize * 2.8 }, chart.unit)}
${legend}${rows}${groups}${markAt(chart, left, step, { top, bottom }, fontSize, palette)}
${element('text', { ...centred, x: (left + right) / 2, y: bottom + fontSize * 2.75 }, chart.below)}`;
}

function markAt(
  { mark, groups }: BarChart,
  left: number,
  step: number,
  { top, bottom }: { readonly top: number; readonly bottom: number },
  fontSize: number,
  palette: Palette,
): Markup | undefined {
  if (!mark) return undefined;
  const x = left + step * mark.group;
  const line = { x1: x, x2: x, y1: top, y2: bottom, stroke: palette.second, 'stroke-dasharray': '5 4' };
  const isRight = mark.group > groups.length / 2;
  const at = {
    x: x + fontSize * (isRight ? -0.5 : 0.5),
    y: top - fontSize * 0.3,
    'text-anchor': isRight ? 'end' : 'start',
  };
  const label = element('text', { ...at, 'font-size': fontSize, fill: palette.second }, mark.label);
  return markup`${element('line', line)}${label}`;
}
