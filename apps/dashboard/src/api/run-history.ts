import { useEffect, useState } from 'preact/hooks';
import type { RunStatus, StepMetrics } from '#protocol/run/run-status.js';
import { thinnedSteps } from '#protocol/history/thinned-steps.js';
import { getRun, getRunMetrics } from './calls.js';
import { ApiError } from './http.js';
import { followRun, type Connection } from './run-stream.js';
import { hasEnded } from './run-state.js';

/** A run as the page knows it. */
export interface RunHistory {
  readonly status: RunStatus | undefined;
  /** Steps in their order: all of them, or a choice of them where they are many. */
  readonly steps: readonly StepMetrics[];
  readonly connection: Connection;
  readonly error: ApiError | undefined;
}

/** More points than a chart has pixels would not be seen. */
export const chartPoints = 2000;
/** Live steps are drawn this often at most. */
const drawMs = 250;
/** A page that nobody has seen for this long lets its stream go. */
const hiddenMs = 60_000;
/** How soon a run is asked for again that has ended, or that could not be read. */
const askMs = 2000;

const nothing: RunHistory = { status: undefined, steps: [], connection: 'connecting', error: undefined };

/** The history of a run, and all that is added to it while the page is seen. */
export function useRunHistory(id: string): RunHistory {
  const [history, setHistory] = useState(nothing);
  useEffect(() => {
    setHistory(nothing);
    return watchRun(id, setHistory);
  }, [id]);
  return history;
}

function watchRun(id: string, show: (history: RunHistory) => void): () => void {
  let history = nothing;
  let steps: StepMetrics[] = [];
  let unfollow: (() => void) | undefined;
  const timers: Partial<Record<'draw' | 'hidden' | 'ask', ReturnType<typeof setTimeout>>> = {};
  const stop = new AbortController();

  const change = (part: Partial<RunHistory>): void => {
    history = { ...history, ...part };
    timers.draw ??= setTimeout(() => {
      delete timers.draw;
      show({ ...history, steps: [...steps] });
    }, drawMs);
  };
  const follow = (): void => {
    if (!history.status || hasEnded(history.status)) return watchForResume();
    unfollow = followRun(id, (steps.at(-1)?.step ?? 0) + 1, {
      onStep(metrics) {
        steps.push(metrics);
        if (steps.length > 3 * chartPoints) steps = [...thinnedSteps(steps, chartPoints)];
        change(history.status ? { status: afterStep(history.status, metrics) } : {});
      },
      onStatus: (status) => change({ status }),
      onConnection(connection) {
        change({ connection });
        if (connection === 'ended') watchForResume();
      },
    });
  };
  /** A run that has ended may be resumed, by this page or from elsewhere. */
  const watchForResume = (): void => {
    unfollow = undefined;
    change({ connection: 'ended' });
    clearTimeout(timers.ask);
    if (!document.hidden) timers.ask = setTimeout(() => void ask(), askMs);
  };
  const ask = async (): Promise<void> => {
    const status = await getRun(id, stop.signal).catch(() => undefined);
    if (stop.signal.aborted) return;
    if (status) change({ status });
    follow();
  };
  const begin = async (): Promise<void> => {
    try {
      const asked = getRunMetrics(id, { points: chartPoints }, stop.signal);
      asked.catch(() => undefined); // Seen below, unless the status fails before.
      change({ status: await getRun(id, stop.signal), error: undefined });
      steps = (await asked).metrics;
      follow();
    } catch (error) {
      if (stop.signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      change({ error });
      if (error.status === 0) timers.ask = setTimeout(() => void begin(), askMs);
    }
  };
  const onVisibility = (): void => {
    clearTimeout(timers.hidden);
    if (document.hidden)
      timers.hidden = setTimeout(() => {
        unfollow?.();
        unfollow = undefined;
      }, hiddenMs);
    else if (!unfollow && history.status) void ask();
  };
  void begin();
  document.addEventListener('visibilitychange', onVisibility);
  return () => {
    stop.abort();
    unfollow?.();
    for (const timer of Object.values(timers)) clearTimeout(timer);
    document.removeEventListener('visibilitychange', onVisibility);
  };
}

/** A stream sends a whole status only with other changes than a step. */
function afterStep(status: RunStatus, metrics: StepMetrics): RunStatus {
  const left = status.steps - metrics.step;
  const before = status.etaSeconds === null ? undefined : status.etaSeconds / Math.max(1, status.steps - status.step);
  const stepSeconds = metrics.stepMs / 1000;
  return {
    ...status,
    state: 'training',
    reason: `Trains; ${metrics.step} of ${status.steps} steps are committed.`,
    step: metrics.step,
    last: metrics,
    etaSeconds: left * (before === undefined ? stepSeconds : 0.8 * before + 0.2 * stepSeconds),
  };
}
