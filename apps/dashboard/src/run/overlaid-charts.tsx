import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { StepMetrics } from '#protocol/run/run-status.js';
import { getRunMetrics, listRuns } from '../api/calls.js';
import { usePolled } from '../api/polled.js';
import { chartPoints } from '../api/run-history.js';
import { RunCharts } from '../charts/run-charts.js';
import { runAddress } from '../route.js';

/** More lines of one chart cannot be told apart. */
const overlaidMax = 5;
/** Other runs have no stream: a browser opens only six connections to one coordinator. */
const overlayMs = 5000;

interface OverlaidChartsProps {
  readonly id: string;
  readonly steps: readonly StepMetrics[];
  readonly overlaid: readonly string[];
}

/** The charts of a run, with those of other runs laid over them. */
export function OverlaidCharts({ id, steps, overlaid }: OverlaidChartsProps): JSX.Element {
  const others = overlaid.slice(0, overlaidMax);
  const [stepsOf, setStepsOf] = useState<ReadonlyMap<string, readonly StepMetrics[]>>(new Map());
  const note = (other: string, known: readonly StepMetrics[]): void =>
    setStepsOf((before) => new Map(before).set(other, known));
  return (
    <>
      <OverlayChoice id={id} overlaid={others} />
      {others.map((other) => (
        <OtherRun key={other} id={other} note={note} />
      ))}
      <RunCharts runs={[{ id, steps }, ...others.map((other) => ({ id: other, steps: stepsOf.get(other) ?? none }))]} />
    </>
  );
}

const none: readonly StepMetrics[] = [];

interface OtherRunProps {
  readonly id: string;
  note(id: string, steps: readonly StepMetrics[]): void;
}

/** Reads the steps of a run, and again and again those that are new. Shows nothing itself. */
function OtherRun({ id, note }: OtherRunProps): null {
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let known: readonly StepMetrics[] = [];
    const read = async (): Promise<void> => {
      const from = (known.at(-1)?.step ?? 0) + 1;
      const asked = { from, points: chartPoints };
      const page = document.hidden ? undefined : await getRunMetrics(id, asked, stop.signal).catch(() => undefined);
      if (stop.signal.aborted) return;
      if (page && page.metrics.length > 0) note(id, (known = [...known, ...page.metrics]));
      timer = setTimeout(() => void read(), overlayMs);
    };
    void read();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [id]);
  return null;
}

function OverlayChoice({ id, overlaid }: Pick<OverlaidChartsProps, 'id' | 'overlaid'>): JSX.Element {
  const { answer } = usePolled(listRuns);
  const left = (answer?.runs ?? []).filter((run) => run.id !== id && !overlaid.includes(run.id));
  const go = (others: readonly string[]): void => void (location.hash = runAddress(id, 'charts', others));
  return (
    <div class="overlays">
      {overlaid.map((other, at) => (
        <button
          key={other}
          type="button"
          class="small"
          aria-label={`Take ${other} away`}
          onClick={() => go(overlaid.filter((one) => one !== other))}
        >
          <i class={`swatch series-${at + 1}`} /> {other} ×
        </button>
      ))}
      {left.length > 0 && overlaid.length < overlaidMax && (
        <select
          aria-label="Lay another run over the charts"
          value=""
          onChange={({ currentTarget }) => go([...overlaid, currentTarget.value])}
        >
          <option value="">Lay another run over …</option>
          {left.map((run) => (
            <option key={run.id} value={run.id}>
              {run.id}
            </option>
          ))}
        </select>
      )}
    </div>
  );
}
