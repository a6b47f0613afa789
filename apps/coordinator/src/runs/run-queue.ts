import { ErrorCode, TandemError, toWireError } from '#protocol/tandem-error.js';
import { metricsHistory } from './metrics-history.js';
import type { RunEntry } from './run-entry.js';
import type { RunPlaces } from './run-places.js';
import { hasEnded, type RunChange } from './run-transition.js';
import { storedConfig } from './stored-config.js';
import type { Trainer } from './trainer.js';

/** Trains queued runs, one at a time, in the order in which they were submitted. */
export interface RunQueue {
  /** Tells the queue that a run was added. */
  wake(): void;
  /** Stops training and starts no other run. Resolves when the run that trained is stored as interrupted. */
  close(): Promise<void>;
}

export interface QueueOptions {
  readonly trainer: Trainer;
  /** All runs, in the order in which they were submitted. */
  entries(): RunEntry[];
  /** How many steps of a run's metrics are held in memory. */
  readonly historySteps: number;
  /** How many runs that have ended keep their metrics in memory. */
  readonly historyRuns: number;
  checkPlaces(places: RunPlaces): Promise<void>;
  onError(error: TandemError): void;
}

/** Why a run's training was aborted. It is the reason of the abort signal. */
export type StopReason = 'cancelled' | 'coordinator stopped';

export function openRunQueue(options: QueueOptions): RunQueue {
  let closed = false;
  let current: { readonly entry: RunEntry; readonly done: Promise<void> } | undefined;

  function wake(): void {
    if (current || closed) return;
    const entry = options.entries().find(({ status }) => status.state === 'queued');
    if (!entry) return;
    const done = train(entry, options).then(() => {
      current = undefined;
      forgetHistories(options);
      wake();
    });
    current = { entry, done };
  }

  return {
    wake,
    async close() {
      closed = true;
      current?.entry.abort.abort('coordinator stopped' satisfies StopReason);
      await current?.done;
    },
  };
}

export function interruption(): TandemError {
  return new TandemError({
    code: ErrorCode.Interrupted,
    message: 'the coordinator stopped while the run was under way',
    help: 'Submit the run again. Its newest checkpoint, if it has one, stays and can be used for predictions.',
  });
}

async function train(entry: RunEntry, options: QueueOptions): Promise<void> {
  entry.history = metricsHistory(options.historySteps);
  try {
    entry.change({ kind: 'started' });
    const config = storedConfig(entry.status);
    // Checked again, because the run may have been submitted to an earlier coordinator process with other roots.
    await options.checkPlaces(config);
    await options.trainer.train({
      id: entry.status.id,
      config,
      store: entry.store,
      signal: entry.abort.signal,
      onEvent: (event) => entry.change(event),
    });
    entry.change({ kind: 'completed' });
  } catch (thrown) {
    entry.change(endOf(thrown, entry.abort.signal));
  }
  await entry.file
    .settled()
    .catch((error: unknown) => options.onError(TandemError.fromWire(toWireError(error, ErrorCode.StoreFailed))));
}

function endOf(thrown: unknown, signal: AbortSignal): RunChange {
  if (!signal.aborted) return { kind: 'failed', error: toWireError(thrown, ErrorCode.Internal) };
  const reason = signal.reason as StopReason;
  switch (reason) {
    case 'cancelled':
      return { kind: 'cancelled' };
    case 'coordinator stopped':
      return { kind: 'failed', error: interruption() };
  }
}

function forgetHistories({ entries, historyRuns }: QueueOptions): void {
  const held = entries().filter(({ status, history }) => history && hasEnded(status));
  for (const entry of held.slice(0, -historyRuns)) entry.history = undefined;
}
