import { ErrorCode, TandemError, toWireError } from '#protocol/tandem-error.js';
import { metricsHistory } from './metrics-history.js';
import type { RunEntry, StopReason } from './run-entry.js';
import type { RunPlaces } from './checks/run-places.js';
import { hasEnded, type RunChange } from './run-transition.js';
import { storedConfig } from './stored-config.js';
import type { Trainer, TrainingEnd } from './trainer.js';

/** Trains queued runs, one at a time, in the order in which they were submitted. */
export interface RunQueue {
  /** Tells the queue that a run was added. */
  wake(): void;
  /**
   * Stops the run that trains after its step in progress, or at once when `graceMs` have passed, and starts no other.
   * Resolves when that run is stored as interrupted: it goes on at the next start.
   */
  close(graceMs: number): Promise<void>;
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
  readonly epoch: number;
  checkOwner(): Promise<void>;
  onError(error: TandemError): void;
}

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
    async close(graceMs) {
      closed = true;
      if (!current) return;
      const { entry, done } = current;
      entry.training?.stop('coordinator stopped');
      const late = setTimeout(() => entry.training?.end('coordinator stopped'), graceMs);
      await done;
      clearTimeout(late);
    },
  };
}

async function train(entry: RunEntry, options: QueueOptions): Promise<void> {
  entry.history = metricsHistory(options.historySteps);
  const [stopping, ending] = [new AbortController(), new AbortController()];
  /** Why it was last asked to stop: a run that is to be paused may be cancelled instead. */
  let asked: StopReason | undefined;
  const end = (reason: StopReason): void => {
    asked = reason;
    stopping.abort();
    ending.abort();
  };
  entry.training = {
    end,
    stop(reason) {
      if (asked) return end(reason);
      asked = reason;
      stopping.abort();
    },
  };
  try {
    entry.change({ kind: 'started' });
    const config = storedConfig(entry.status);
    // Checked again, because the run may have been submitted to an earlier coordinator process with other roots.
    await options.checkPlaces(config);
    const result = await options.trainer.train({
      id: entry.status.id,
      config,
      stepsChanges: entry.status.stepsChanges,
      evaluations: entry.status.evaluations,
      store: entry.store,
      epoch: options.epoch,
      checkOwner: () => options.checkOwner(),
      stopping: stopping.signal,
      signal: ending.signal,
      onEvent: (event) => entry.change(event),
    });
    entry.change(changeAfter(result, asked));
  } catch (thrown) {
    entry.change(asked ? stopped(asked) : { kind: 'failed', error: toWireError(thrown, ErrorCode.Internal) });
  }
  entry.training = undefined;
  await entry.file
    .settled()
    .catch((error: unknown) => options.onError(TandemError.fromWire(toWireError(error, ErrorCode.StoreFailed))));
}

/** A run may complete in the very step after which it was to stop. */
function changeAfter(result: TrainingEnd, asked: StopReason | undefined): RunChange {
  return result === 'complete' || !asked ? { kind: 'completed' } : stopped(asked);
}

function stopped(reason: StopReason): RunChange {
  switch (reason) {
    case 'cancelled':
      return { kind: 'cancelled' };
    case 'paused':
      return { kind: 'paused' };
    case 'coordinator stopped':
      return { kind: 'interrupted' };
  }
}

function forgetHistories({ entries, historyRuns }: QueueOptions): void {
  const held = entries().filter(({ status, history }) => history && hasEnded(status));
  for (const entry of held.slice(0, -historyRuns)) entry.history = undefined;
}
