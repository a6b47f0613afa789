import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import './chart.css';
import { aligned, smoothed, stacked, type Curve } from './chart-data.js';
import { chartOptions, type Zoom } from './chart-options.js';
import { useTheme } from './theme.js';

/** A line of a chart. */
export interface Line {
  readonly name: string;
  /** Which of the theme's series colours it has, from 0. */
  readonly colour: number;
  readonly curve: Curve;
}

export interface ChartProps {
  readonly title: string;
  readonly lines: readonly Line[];
  format(value: number): string;
  /** The same for the ticks of the axis, which are round numbers; `format` if left out. */
  tick?(value: number): string;
  /** Draws the lines as areas on top of one another. */
  readonly isStacked?: boolean;
  readonly logY?: boolean;
  readonly logX?: boolean;
  /** Weight of the moving average, 0 to draw the values as they are. */
  readonly smoothing?: number;
  readonly zoom: Zoom;
  onZoom(zoom: Zoom): void;
}

export function Chart(props: ChartProps): JSX.Element {
  const { title, lines, format, isStacked = false, logX = false, logY = false, zoom, onZoom } = props;
  const smoothing = isStacked ? 0 : (props.smoothing ?? 0);
  const tick = props.tick ?? format;
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const [at, setAt] = useState<number>();
  const theme = useTheme();
  const curves = useMemo(() => drawn(lines, isStacked, smoothing), [lines, isStacked, smoothing]);
  const data = useMemo(() => aligned(curves) as uPlot.AlignedData, [curves]);
  const latest = useRef({ zoom, onZoom, tick });
  latest.current = { zoom, onZoom, tick };
  const isSparse = data[0].length <= 30;
  const names = lines.map(({ name, colour }) => `${colour} ${name}`).join('\n');

  useEffect(() => {
    const container = place.current!;
    const made = new uPlot(
      chartOptions({
        width: container.clientWidth,
        lines,
        isStacked,
        isSmoothed: smoothing > 0,
        isSparse,
        logX,
        logY,
        theme,
        latest,
        onCursor: setAt,
      }),
      data,
      container,
    );
    chart.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: container.clientWidth, height: made.height }));
    resized.observe(container);
    return () => {
      resized.disconnect();
      made.destroy();
      chart.current = null;
    };
    // `names` stands for the lines: those of a live run are new with each step, and the chart stays.
  }, [names, isStacked, isSparse, smoothing > 0, logX, logY, theme]);
  useEffect(() => chart.current?.setData(data), [data, zoom]);

  const shown = lines.map(({ name, colour, curve }, line) => {
    const one = isStacked ? curve : curves.at(line - lines.length)!;
    return { name, colour, value: valueAt(one, at === undefined ? undefined : data[0][at]) };
  });
  const step = at === undefined ? undefined : data[0][at];
  return (
    <figure class="chart">
      <figcaption>
        <h2>{title}</h2>
        <span class="chart-values">
          {step !== undefined && <span class="muted">step {step.toLocaleString('en-GB')}</span>}
          {shown.map(({ name, colour, value }) => (
            <span key={name} class="chart-value">
              {lines.length > 1 && <i class={`swatch series-${colour % 6}`} />}
              {lines.length > 1 && <span class="muted">{name}</span>}
              <b>{value === undefined ? '–' : format(value)}</b>
            </span>
          ))}
        </span>
      </figcaption>
      <div ref={place} class="chart-canvas" role="img" aria-label={described(title, shown, format)} />
    </figure>
  );
}

/** What is drawn: with smoothing, the values as they are in the background and then the averages. */
function drawn(lines: readonly Line[], isStacked: boolean, smoothing: number): Curve[] {
  const curves = lines.map(({ curve }) => curve);
  if (isStacked) return stacked(curves).reverse();
  return smoothing > 0 ? [...curves, ...curves.map((curve) => smoothed(curve, smoothing))] : curves;
}

/** The value at a step, or the last one. */
function valueAt({ steps, values }: Curve, step: number | undefined): number | undefined {
  const at = step === undefined ? values.findLastIndex((value) => value !== null) : steps.indexOf(step);
  return values[at] ?? undefined;
}

function described(
  title: string,
  shown: readonly { readonly name: string; readonly value: number | undefined }[],
  format: (value: number) => string,
): string {
  const values = shown.map(({ name, value }) => `${name} ${value === undefined ? 'none' : format(value)}`);
  return `Chart of ${title.toLowerCase()} over steps; ${values.join(', ')}`;
}
