import { scaleLog, type ScaleLogarithmic } from 'd3-scale';
import { element, markup, type Markup } from '#report/page/markup.js';
import { lightPalette as palette } from '#report/palette.js';
import { workerCounts, type Curve } from './curve.js';
import type { Workload } from './step-costs.js';

/** The curves of one workload. */
export interface Panel {
  readonly workload: Workload;
  readonly curves: readonly Curve[];
}

const [panelWidth, panelHeight, columns] = [560, 400, 2];
const [left, right, top, bottom] = [64, panelWidth - 64, 48, panelHeight - 52];
const legendHeight = 64;
const fontSize = 13;
const label = { 'font-size': fontSize, fill: palette.muted };
/** How the line of each store is broken, in their order. */
const dashes = [undefined, '2 4', '8 4', '1 0 12 3'] as const;

/**
 * An SVG of pairs per second against workers, both on logarithmic axes: a panel for each workload, a line for each kind
 * of pool. On the right, the seconds of a step.
 */
export function curveChart(panels: readonly Panel[]): string {
  const rows = Math.ceil(panels.length / columns);
  const size = { width: columns * panelWidth, height: legendHeight + rows * panelHeight };
  const placed = panels.map((panel, at) => {
    const [x, y] = [(at % columns) * panelWidth, legendHeight + Math.floor(at / columns) * panelHeight];
    return element('g', { transform: `translate(${x} ${y})` }, drawPanel(panel));
  });
  const svg = { xmlns: 'http://www.w3.org/2000/svg', ...size, viewBox: `0 0 ${size.width} ${size.height}` };
  const background = element('rect', { ...size, fill: palette.card });
  return `${element('svg', { ...svg, 'font-family': 'sans-serif' }, background, legend(panels), placed).text}\n`;
}

function legend([first]: readonly Panel[]): Markup {
  const entries = (first?.curves ?? []).map((curve, at, { length }) => {
    const perRow = length / 2;
    const [x, y] = [left + (at % perRow) * 260, 24 + Math.floor(at / perRow) * 22];
    const line = element('line', { x1: x, x2: x + 36, y1: y - 4, y2: y - 4, ...strokeOf(curve, first!.curves) });
    return markup`${line}${element('text', { x: x + 44, y, ...label }, `${curve.machine.name}, ${curve.store.name}`)}`;
  });
  return markup`${entries}`;
}

function drawPanel({ workload, curves }: Panel): Markup {
  const rates = curves.flatMap(({ points }) => points.map(({ seconds }) => workload.batch / seconds));
  const x = scaleLog([1, workerCounts.at(-1)!], [left, right]).base(2);
  const y = scaleLog([Math.min(...rates), Math.max(...rates)], [bottom, top]).nice();
  const title = { x: left, y: 22, 'font-size': fontSize + 3, 'font-weight': 'bold', fill: palette.ink };
  return markup`
${element('text', title, `${workload.name}, N = ${workload.batch.toLocaleString('en')}`)}
${element('text', { x: left, y: 40, ...label }, 'pairs/s')}
${element('text', { x: right, y: 40, 'text-anchor': 'end', ...label }, 'seconds a step')}
${grid(workload, x, y)}
${curves.map((curve) => drawCurve(workload, curve, curves, x, y))}`;
}

function grid({ batch }: Workload, x: ScaleLogarithmic<number, number>, y: ScaleLogarithmic<number, number>): Markup {
  const rows = y.ticks().filter((tick) => Number.isInteger(Math.log10(tick)));
  const drawnRows = rows.map((tick) => {
    const at = y(tick);
    const text = { y: at + fontSize * 0.35, ...label };
    return markup`${element('line', { x1: left, x2: right, y1: at, y2: at, stroke: palette.grid })}
${element('text', { x: left - 6, 'text-anchor': 'end', ...text }, String(tick))}
${element('text', { x: right + 6, ...text }, Number((batch / tick).toPrecision(3)).toLocaleString('en'))}`;
  });
  const drawnColumns = workerCounts.map((count) =>
    element('text', { x: x(count), y: bottom + 20, 'text-anchor': 'middle', ...label }, String(count)),
  );
  const below = { x: (left + right) / 2, y: bottom + 40, 'text-anchor': 'middle', ...label };
  return markup`${drawnRows}${drawnColumns}${element('text', below, 'workers')}`;
}

function drawCurve(
  { batch }: Workload,
  curve: Curve,
  all: readonly Curve[],
  x: ScaleLogarithmic<number, number>,
  y: ScaleLogarithmic<number, number>,
): Markup {
  const corners = curve.points.map(
    ({ workers, seconds }, at) => `${at === 0 ? 'M' : 'L'}${x(workers).toFixed(1)} ${y(batch / seconds).toFixed(1)}`,
  );
  return element('path', { d: corners.join(''), fill: 'none', ...strokeOf(curve, all) });
}

/** A colour for each kind of machines, a pattern for each store. */
function strokeOf(curve: Curve, all: readonly Curve[]): Record<string, string | number | undefined> {
  const machines = [...new Set(all.map(({ machine }) => machine.name))];
  const storeNames = [...new Set(all.map(({ store }) => store.name))];
  const stroke = [palette.second, palette.accent][machines.indexOf(curve.machine.name) % 2];
  return { stroke, 'stroke-width': 2, 'stroke-dasharray': dashes[storeNames.indexOf(curve.store.name) % 4] };
}
