import type { RunDocument } from '#protocol/document/run-document.js';
import { ErrorCode, TandemError, toWireError } from '#protocol/tandem-error.js';
import { metricsHistory } from './history/metrics-history.js';
import type { RunEntry, StopReason } from './run-entry.js';
import type { RunPlaces } from './checks/run-places.js';
import { hasEnded } from '#protocol/run/run-status.js';
import type { RunChange } from './run-transition.js';
import { storedConfig } from './stored-config.js';
import type { Trainer, TrainingEnd } from './trainer.js';

/**
 * Trains queued runs, several at once: those of the highest priority first and, among equals, in the order in which
 * they were submitted. They share the pool.
 */
export interface RunQueue {
  /** Tells the queue that a run was added. */
  wake(): void;
  /**
   * Stops the runs that train after their step in progress, or at once when `graceMs` have passed, and starts no other.
   * Resolves when they are stored as interrupted: they go on at the next start.
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
  /** How many runs may train at once. */
  readonly runsAtOnce: number;
  /** Can this machine hold the models of these runs together? */
  haveRoom(configs: readonly RunDocument[]): boolean;
  checkPlaces(places: RunPlaces): Promise<void>;
  checkDisk(config: RunDocument, url: string): Promise<void>;
  readonly epoch: number;
  checkOwner(): Promise<void>;
  onError(error: TandemError): void;
}

export function openRunQueue(options: QueueOptions): RunQueue {
  let closed = false;
  const current = new Map<RunEntry, Promise<void>>();

  function wake(): void {
    for (let entry = next(); entry; entry = next()) {
      const started = entry;
      const done = train(started, options).then(() => {
        current.delete(started);
        forgetHistories(options);
        wake();
      });
      current.set(started, done);
    }
  }

  /** The run to start now. One that has to wait for memory holds up those behind it: else it might wait for ever. */
  function next(): RunEntry | undefined {
    if (closed || current.size >= options.runsAtOnce) return undefined;
    const [entry] = options
      .entries()
      .filter((one) => one.status.state === 'queued' && !current.has(one))
      .toSorted((left, right) => priorityOf(right) - priorityOf(left));
    const others = [...current.keys()].map(({ status }) => status.config as RunDocument);
    const isRoom = entry && (current.size === 0 || options.haveRoom([...others, entry.status.config as RunDocument]));
    return isRoom ? entry : undefined;
  }

  return {
    wake,
    async close(graceMs) {
      closed = true;
      for (const { training } of current.keys()) training?.stop('coordinator stopped');
      const late = setTimeout(() => {
        for (const { training } of current.keys()) training?.end('coordinator stopped');
      }, graceMs);
      await Promise.all(current.values());
      clearTimeout(late);
    },
  };
}

/** Documents of runs that were submitted before there were priorities have none. */
function priorityOf({ status }: RunEntry): number {
  return (status.config as Partial<RunDocument>).priority ?? 0;
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
    // Others may have taken the room. Later the run has part of what it needs itself.
    if (entry.status.step === 0) await options.checkDisk(config, entry.store.url);
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
      priority: () => priorityOf(entry),
      onEvent: (event) => entry.change(event),
    });
    entry.change(changeAfter(result, asked));
  } catch (thrown) {
    entry.change(asked ? stopped(asked) : { kind: 'failed', error: toWireError(thrown, ErrorCode.Internal) });
  }
  entry.training = undefined;
  await Promise.all([entry.file.settled(), entry.eventLog.settled()]).catch((error: unknown) =>
    options.onError(TandemError.fromWire(toWireError(error, ErrorCode.StoreFailed))),
  );
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
