import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { StepMetrics } from '#protocol/run/run-status.js';
import { percent, significant, tickPercent } from '#report/figures.js';
import { getRunMetrics } from '../api/calls.js';
import { chartPoints } from '../api/run-history.js';
import { Chart, type Line } from './chart.js';
import { ChartControls, plainView } from './chart-controls.js';
import { curveOf } from './chart-data.js';
import type { Zoom } from './chart-options.js';

/** A run whose steps are drawn. */
export interface DrawnRun {
  readonly id: string;
  readonly steps: readonly StepMetrics[];
}

interface Measure {
  readonly title: string;
  value(metrics: StepMetrics): number;
  format(value: number): string;
  tick?(value: number): string;
  /** Whether the switch for logarithmic values concerns it. */
  readonly isLogable?: boolean;
}

const measures: readonly Measure[] = [
  { title: 'Loss', value: ({ loss }) => loss, format: significant, isLogable: true },
  { title: 'Accuracy in the batch', value: ({ accuracy }) => accuracy, format: percent, tick: tickPercent },
  { title: 'Learning rate', value: ({ learningRate }) => learningRate, format: significant, isLogable: true },
  { title: 'Logit scale', value: ({ logitScale }) => logitScale, format: significant },
  { title: 'Gradient norm', value: ({ gradientNorm }) => gradientNorm, format: significant, isLogable: true },
  { title: 'Pairs per second', value: ({ pairsPerSecond }) => pairsPerSecond, format: significant },
];

const phases = {
  encode: ({ encodeMs }: StepMetrics) => encodeMs,
  loss: ({ lossMs }: StepMetrics) => lossMs,
  backprop: ({ backpropMs }: StepMetrics) => backpropMs,
  update: ({ updateMs }: StepMetrics) => updateMs,
  other: ({ stepMs, encodeMs, lossMs, backpropMs, updateMs }: StepMetrics) =>
    Math.max(0, stepMs - encodeMs - lossMs - backpropMs - updateMs),
} as const;

const milliseconds = (ms: number): string => (ms >= 10_000 ? `${significant(ms / 1000)} s` : `${significant(ms)} ms`);

/** The charts of one run, or of several laid over one another. */
export function RunCharts({ runs }: { readonly runs: readonly DrawnRun[] }): JSX.Element {
  const [view, setView] = useState(plainView);
  const drawn = useDetail(runs, view.zoom);
  const lastStep = Math.max(1, ...runs.map(({ steps }) => steps.at(-1)?.step ?? 0));
  const onZoom = (zoom: Zoom): void => setView((before) => ({ ...before, zoom }));
  const [only] = drawn;
  const common = { zoom: view.zoom, onZoom, logX: view.logX };
  return (
    <>
      <ChartControls view={view} lastStep={lastStep} onChange={setView} />
      <div class="charts">
        {measures.map(({ isLogable = false, ...measure }) => (
          <MeasureChart
            key={measure.title}
            {...measure}
            {...{ runs: drawn, logY: view.logY && isLogable, smoothing: view.smoothing }}
            {...common}
          />
        ))}
        {drawn.length === 1 && only ? (
          <PhaseChart steps={only.steps} {...common} />
        ) : (
          <MeasureChart
            {...{ title: 'Step time', value: ({ stepMs }) => stepMs, format: milliseconds, runs: drawn }}
            {...{ logY: view.logY, smoothing: view.smoothing }}
            {...common}
          />
        )}
        <MeasureChart
          title="Workers"
          value={({ workers }) => workers}
          format={significant}
          tick={wholeTick}
          runs={drawn}
          {...common}
        />
      </div>
    </>
  );
}

/** Nothing between two whole numbers: half a worker is none. */
function wholeTick(value: number): string {
  return Number.isInteger(value) ? String(value) : '';
}

interface CommonProps {
  readonly zoom: Zoom;
  onZoom(zoom: Zoom): void;
  readonly logX: boolean;
}

type MeasureChartProps = CommonProps &
  Omit<Measure, 'isLogable'> & {
    readonly runs: readonly DrawnRun[];
    readonly logY?: boolean;
    readonly smoothing?: number;
  };

function MeasureChart({ runs, value, ...props }: MeasureChartProps): JSX.Element {
  const logY = props.logY ?? false;
  const lines = useMemo(
    () =>
      runs.map(({ id, steps }, colour): Line => ({ name: shortId(id), colour, curve: curveOf(steps, value, logY) })),
    [...runs.map(({ steps }) => steps), runs.length, logY],
  );
  return <Chart lines={lines} {...props} />;
}

function PhaseChart({ steps, ...props }: CommonProps & { readonly steps: readonly StepMetrics[] }): JSX.Element {
  const lines = useMemo(
    () => Object.entries(phases).map(([name, value], colour): Line => ({ name, colour, curve: curveOf(steps, value) })),
    [steps],
  );
  return <Chart title="Step time by phase" isStacked lines={lines} format={milliseconds} {...props} />;
}

/** Without the random letters at its end; the second in which it was submitted tells runs apart. */
function shortId(id: string): string {
  return id.replace(/-[a-z2-7]{16}$/, '');
}

/** In place of a choice of many steps: those of the zoom, which the coordinator thins anew. */
function useDetail(runs: readonly DrawnRun[], zoom: Zoom): readonly DrawnRun[] {
  const [detail, setDetail] = useState<{ readonly zoom: Zoom; readonly runs: readonly DrawnRun[] }>();
  const ids = runs.map(({ id }) => id).join();
  const isThinned = runs.some(({ steps }) => (steps.at(-1)?.step ?? 0) > steps.length);
  useEffect(() => {
    if (!zoom || !isThinned) return undefined;
    const stop = new AbortController();
    const [from, to] = zoom;
    const asked = runs.map(async ({ id }) => {
      const { metrics } = await getRunMetrics(id, { from, to, points: chartPoints }, stop.signal);
      return { id, steps: metrics };
    });
    // Without an answer the thinned steps stay.
    Promise.all(asked).then(
      (all) => setDetail({ zoom, runs: all }),
      () => undefined,
    );
    return () => stop.abort();
  }, [zoom, ids, isThinned]);
  const isCurrent = detail && detail.zoom === zoom && detail.runs.map(({ id }) => id).join() === ids;
  return zoom && isCurrent ? detail.runs : runs;
}
