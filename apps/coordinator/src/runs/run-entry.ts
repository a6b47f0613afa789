import type { RunStatus } from '#protocol/run/run-status.js';
import type { Store } from '#store/store.js';
import type { MetricsHistory } from './history/metrics-history.js';
import { runKeys } from '#store/run/keys.js';
import { openEventLog, type EventLog } from './history/event-log.js';
import { afterChange, type RunChange } from './run-transition.js';
import { openRunFile, type RunFile } from './run-file.js';

/** Why a run's training is stopped. */
export type StopReason = 'cancelled' | 'paused' | 'coordinator stopped';

export interface StoppableTraining {
  /** Stops it after the step in progress, with a checkpoint or, if that was asked before, at once. */
  stop(reason: StopReason): void;
  /** Stops it at once. */
  end(reason: StopReason): void;
}

/** Called after each change of a run. */
export type RunListener = (status: RunStatus, change: RunChange) => void;

/** A run as the registry holds it. */
export interface RunEntry {
  readonly status: RunStatus;
  /** The run's own store. */
  readonly store: Store;
  /**
   * Its status: in the run's own store, for readers who have only that, and in the coordinator's, from which it lists
   * all runs.
   */
  readonly file: RunFile<RunStatus>;
  /** Its training, while it trains. */
  training: StoppableTraining | undefined;
  readonly listeners: Set<RunListener>;
  history: MetricsHistory | undefined;
  readonly eventLog: EventLog;
  /** Applies a change, has the new status written, and calls the listeners. */
  change(change: RunChange): void;
}

export interface EntryOptions {
  readonly store: Store;
  /** The coordinator's store. It has the status of every run, also of runs with a store of their own. */
  readonly listing: Store;
  /** Rejects if another coordinator has taken over: nothing is written then. */
  checkOwner(): Promise<void>;
  now(): Date;
  onChange: RunListener;
}

export function runEntry(initial: RunStatus, options: EntryOptions): RunEntry {
  const { store, listing, checkOwner } = options;
  const file = openRunFile<RunStatus>({
    key: runKeys(initial.id).status,
    stores: store === listing ? [store] : [store, listing],
    bytesOf: (status) => new TextEncoder().encode(`${JSON.stringify(status, null, 2)}\n`),
    checkOwner,
  });
  const listeners = new Set<RunListener>([options.onChange]);
  const eventLog = openEventLog({ store, run: initial.id, checkOwner });
  let status = initial;
  return {
    get status() {
      return status;
    },
    store,
    file,
    training: undefined,
    listeners,
    history: undefined,
    eventLog,
    change(change) {
      // A run that goes on tells it again.
      if (change.kind === 'best' && change.url === status.best?.checkpoint) return;
      const at = options.now().toISOString();
      status = afterChange(status, change, at);
      eventLog.note(status, change, at);
      if (change.kind === 'step') this.history?.add(change.metrics);
      if (change.kind === 'restored') change.metrics.forEach((metrics) => this.history?.add(metrics));
      file.write(status);
      for (const listener of [...listeners]) listener(status, change);
    },
  };
}
