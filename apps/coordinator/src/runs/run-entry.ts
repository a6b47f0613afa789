import type { RunStatus } from '#protocol/run/run-status.js';
import type { Store } from '#store/store.js';
import type { MetricsHistory } from './metrics-history.js';
import { afterChange, type RunChange } from './run-transition.js';
import { openStatusFile, type StatusFile } from './status-file.js';

/** Called after each change of a run. */
export type RunListener = (status: RunStatus, change: RunChange) => void;

/** A run as the registry holds it. */
export interface RunEntry {
  readonly status: RunStatus;
  /** The run's own store. */
  readonly store: Store;
  readonly file: StatusFile;
  readonly abort: AbortController;
  readonly listeners: Set<RunListener>;
  history: MetricsHistory | undefined;
  /** Applies a change, has the new status written, and calls the listeners. */
  change(change: RunChange): void;
}

export interface EntryOptions {
  readonly store: Store;
  /** The coordinator's store. It has the status of every run, also of runs with a store of their own. */
  readonly listing: Store;
  now(): Date;
  onChange: RunListener;
}

export function runEntry(initial: RunStatus, options: EntryOptions): RunEntry {
  const { store, listing } = options;
  const file = openStatusFile(store === listing ? [store] : [store, listing]);
  const listeners = new Set<RunListener>([options.onChange]);
  let status = initial;
  return {
    get status() {
      return status;
    },
    store,
    file,
    abort: new AbortController(),
    listeners,
    history: undefined,
    change(change) {
      status = afterChange(status, change, options.now().toISOString());
      if (change.kind === 'step') this.history?.add(change.metrics);
      file.write(status);
      for (const listener of [...listeners]) listener(status, change);
    },
  };
}
