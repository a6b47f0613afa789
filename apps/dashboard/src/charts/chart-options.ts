import type uPlot from 'uplot';
import { significant } from '#report/figures.js';
import type { ChartTheme } from './theme.js';

/** The steps that charts show, the first and the last; all of them if undefined. */
export type Zoom = readonly [number, number] | undefined;

export interface OptionsOf {
  readonly width: number;
  readonly lines: readonly { readonly name: string; readonly colour: number }[];
  readonly isStacked: boolean;
  /** Each line comes twice: as it is, and smoothed. */
  readonly isSmoothed: boolean;
  /** Are the values so few that each gets a point? */
  readonly isSparse: boolean;
  readonly logX: boolean;
  readonly logY: boolean;
  readonly theme: ChartTheme;
  /** What may change while the chart stays. */
  readonly latest: {
    readonly current: { readonly zoom: Zoom; onZoom(zoom: Zoom): void; tick(value: number): string };
  };
  /** Called with the index of the step under the pointer. */
  onCursor(index: number | undefined): void;
}

const height = 190;
/** Pointers of all charts move together. */
const cursorGroup = 'charts';

export function chartOptions(of: OptionsOf): uPlot.Options {
  const { width, isStacked, logX, logY, theme, latest, onCursor } = of;
  const linear = { distr: 1 } as const;
  const logarithmic = { distr: 3, log: 10 } as const;
  const axis = { stroke: theme.ink, font: '11px system-ui', ticks: { show: false } };
  return {
    width: Math.max(200, width),
    height,
    padding: [8, 14, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: cursorGroup },
      drag: { x: true, y: false, setScale: false },
      points: { size: 6 },
      bind: {
        dblclick: () => () => {
          latest.current.onZoom(undefined);
          return null;
        },
      },
    },
    scales: {
      x: {
        time: false,
        ...(logX ? logarithmic : linear),
        range: (_, min, max) => xRange(latest.current.zoom, min, max, logX),
      },
      y: {
        ...(logY ? logarithmic : linear),
        ...(isStacked && { range: (_, __, max) => [0, max > 0 ? max * 1.05 : 1] }),
      },
    },
    axes: [
      { ...axis, size: 28, grid: { show: false }, values: (_, ticks) => ticks.map(tickText) },
      {
        ...axis,
        size: 54,
        grid: { stroke: theme.grid, width: 1 },
        values: (_, ticks) => valueTexts(ticks, latest.current.tick),
      },
    ],
    series: [{}, ...seriesOf(of)],
    hooks: {
      setCursor: [({ cursor }) => onCursor(cursor.idx ?? undefined)],
      setSelect: [
        (chart) => {
          const { left, width: selected } = chart.select;
          if (selected < 4) return;
          const [from, to] = [chart.posToVal(left, 'x'), chart.posToVal(left + selected, 'x')];
          chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          latest.current.onZoom([Math.max(1, Math.round(from)), Math.max(2, Math.round(to))]);
        },
      ],
    },
  };
}

function seriesOf({ lines, isStacked, isSmoothed, isSparse, theme }: OptionsOf): uPlot.Series[] {
  const colourOf = (colour: number): string => theme.series[colour % theme.series.length]!;
  const common = { spanGaps: true, points: { show: isSparse, size: 5 } };
  // The highest of a stack is drawn first, the others over it.
  if (isStacked)
    return [...lines].reverse().map(({ name, colour }) => ({
      ...common,
      label: name,
      fill: softened(colourOf(colour), theme.card),
      stroke: colourOf(colour),
      width: 1,
    }));
  const plain = lines.map(({ name, colour }) => ({ ...common, label: name, stroke: colourOf(colour), width: 1.5 }));
  if (!isSmoothed) return plain;
  return [...plain.map((one) => ({ ...one, alpha: 0.25, width: 1 })), ...plain.map((one) => ({ ...one, width: 2 }))];
}

/** A colour mixed with the one behind it, both as #rrggbb or #rgb: a stack cannot be seen through. */
function softened(colour: string, behind: string): string {
  const channels = (hex: string): number[] => {
    const digits = hex.length === 4 ? [...hex.slice(1)].map((digit) => digit + digit) : hex.slice(1).match(/../g);
    return (digits ?? []).map((two) => Number.parseInt(two, 16));
  };
  const [front, back] = [channels(colour), channels(behind)];
  return `rgb(${front.map((value, at) => Math.round(0.6 * value + 0.4 * back[at]!)).join(' ')})`;
}

/** The steps to show. A chart of a single step has an axis all the same. */
function xRange(zoom: Zoom, min: number | null, max: number | null, isLog: boolean): [number, number] {
  if (zoom) return [zoom[0], Math.max(zoom[1], zoom[0] + 1)];
  const [first, last] = [min ?? 1, max ?? 1];
  return [isLog ? Math.max(1, first) : first, Math.max(last, first + 1)];
}

/** Ticks in the format of their chart. Where two of them would read the same, they have all their digits. */
function valueTexts(ticks: readonly (number | null)[], format: (value: number) => string): string[] {
  const texts = ticks.map((tick) => (tick === null ? '' : format(tick)));
  const shown = texts.filter((text) => text !== '');
  return new Set(shown).size === shown.length ? texts : ticks.map((tick) => (tick === null ? '' : String(tick)));
}

function tickText(step: number | null): string {
  if (step === null || !Number.isInteger(step)) return '';
  return step >= 10_000 ? `${significant(step / 1000)}k` : String(step);
}
