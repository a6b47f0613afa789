import { LRUCache } from 'lru-cache';
import type { RunConfig } from '#protocol/run/run-config.js';
import type { MetricsPage, RunStatus, RunSummary, StepMetrics } from '#protocol/run/run-status.js';
import { ErrorCode, TandemError, toWireError } from '#protocol/tandem-error.js';
import type { Store } from '#store/store.js';
import { checkpointMetrics } from './metrics-history.js';
import { runEntry, type RunEntry, type RunListener } from './run-entry.js';
import { interruption, openRunQueue, type StopReason } from './run-queue.js';
import { hasEnded, queuedRun } from './run-transition.js';
import type { RunPlaces } from './run-places.js';
import { readStatuses } from './status-file.js';
import { openSubmissions, runOf, sameRun } from './submissions.js';
import { withinTime } from '#protocol/time-limit.js';
import type { Trainer } from './trainer.js';

/** All runs of a coordinator. Only the registry changes their states. */
export interface RunRegistry {
  /**
   * Puts a run at the end of the queue. All calls with the same idempotency key give the same run. Throws CONFLICT if
   * the queue is full or the key came with another document before, CONFIG_INVALID if the document names a place
   * outside the roots or a model too large for this machine, and STORE_FAILED if its store cannot be written.
   */
  submit(config: RunConfig, idempotencyKey?: string): Promise<RunStatus>;
  /** At most `limit` runs, the newest first. */
  list(limit: number): RunSummary[];
  all(): RunStatus[];
  /** The status of a run. Throws NOT_FOUND. */
  find(id: string): RunStatus;
  /**
   * Cancels a run. A queued run ends now, an active run as soon as its training has stopped. Throws NOT_FOUND, and
   * CONFLICT if the run has completed or failed.
   */
  cancel(id: string): RunStatus;
  /** Metrics of at most `limit` committed steps, from step `from` on. Throws NOT_FOUND. */
  metrics(id: string, from: number, limit: number): Promise<MetricsPage>;
  /** Calls `listener` at each change of a run. Returns a function that ends this. Throws NOT_FOUND. */
  follow(id: string, listener: RunListener): () => void;
  /** Stops the run that trains. Queued runs stay queued for the next start. Resolves when all statuses are written. */
  close(): Promise<void>;
}

export interface RegistryOptions {
  readonly trainer: Trainer;
  /** The coordinator's store. */
  readonly store: Store;
  /** Opens the store of a run that names its own. */
  openStore(url: string): Store;
  now(): Date;
  /** Throws CONFIG_INVALID if a run document names a place outside the roots. */
  checkPlaces(places: RunPlaces): Promise<void>;
  /** Throws CONFIG_INVALID if this machine cannot hold the model of a run. */
  checkMemory(config: RunConfig): void;
  /** A new id for a run of this name. */
  newId(name: string): string;
  readonly limits: RegistryLimits;
  onChange: RunListener;
  /** Receives errors that no caller waits for. */
  onError(error: TandemError): void;
}

export interface RegistryLimits {
  readonly queuedRuns: number;
  /** How long a run's store and places may take to answer before the run is refused, in milliseconds. */
  readonly answerMs: number;
  /** Ended runs that are listed. Older ones stay in the store, and are not read. */
  readonly endedRuns: number;
  readonly historySteps: number;
  readonly historyRuns: number;
}

export const registryLimits: RegistryLimits = {
  queuedRuns: 100,
  answerMs: 10_000,
  endedRuns: 1000,
  historySteps: 100_000,
  historyRuns: 10,
};

/** Opens the registry of the runs that `store` lists. Queued runs stay queued; runs that were active become failed. */
export async function openRunRegistry(options: RegistryOptions): Promise<RunRegistry> {
  const { limits, now, onChange } = options;
  const entries = new Map<string, RunEntry>();
  const stores = new Map([[options.store.url, options.store]]);
  const queue = openRunQueue({ ...options, ...limits, entries: () => [...entries.values()] });

  for (const status of await keptStatuses(options, limits.endedRuns)) {
    if (!(await isPlaced(status, options))) continue;
    const entry = runEntry(status, {
      store: storeAt(status.store, stores, options),
      listing: options.store,
      now,
      onChange,
    });
    entries.set(status.id, entry);
    if (status.state === 'queued' || hasEnded(status)) continue;
    entry.change({ kind: 'failed', error: interruption() });
    await entry.file.settled();
  }
  queue.wake();

  async function submit(config: RunConfig, idempotencyKey: string | null): Promise<RunStatus> {
    options.checkMemory(config);
    await withinTime(options.checkPlaces(config), limits.answerMs, () => silent(config, limits.answerMs));
    const store = config.store === undefined ? options.store : storeAt(config.store, stores, options);
    await withinTime(store.probe(), limits.answerMs, () => silent(config, limits.answerMs)).catch(async (error) => {
      await forgetStore(store);
      throw error;
    });
    const status = queuedRun({
      id: options.newId(config.name),
      config,
      store: store.url,
      at: now().toISOString(),
      idempotencyKey,
    });
    const entry = runEntry(status, { store, listing: options.store, now, onChange });
    entry.file.write(status);
    await entry.file.settled();
    entries.set(status.id, entry);
    forgetEnded(entries, limits.endedRuns);
    queue.wake();
    return status;
  }

  /** Closes a store that no run has: one that was only tried. */
  async function forgetStore(store: Store): Promise<void> {
    if (store === options.store || [...entries.values()].some((entry) => entry.store === store)) return;
    for (const [url, one] of stores) if (one === store) stores.delete(url);
    await store.close();
  }

  const submissions = openSubmissions();
  return {
    async submit(config, idempotencyKey) {
      if (idempotencyKey !== undefined) {
        const earlier = submissions.of(idempotencyKey) ?? runOf(idempotencyKey, entries);
        if (earlier) return sameRun(earlier, config, idempotencyKey);
      }
      refuseFullQueue([...entries.values()], submissions.count(), limits.queuedRuns);
      return submissions.during(config, idempotencyKey, submit(config, idempotencyKey ?? null));
    },
    list: (limit) =>
      [...entries.values()]
        .slice(-limit)
        .reverse()
        .map(({ status: { config: _config, ...summary } }) => summary),
    all: () => [...entries.values()].map(({ status }) => status),
    find: (id) => entryOf(id, entries).status,
    cancel: (id) => cancel(entryOf(id, entries)),
    metrics: (id, from, limit) => metricsPage(entryOf(id, entries), from, limit),
    follow(id, listener) {
      const { listeners } = entryOf(id, entries);
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      await queue.close();
      await Promise.allSettled([...entries.values()].map(({ file }) => file.settled()));
      const own = [...stores.values()].filter((store) => store !== options.store);
      await Promise.all(own.map((store) => store.close()));
    },
  };
}

/** Is the store of a listed run within the roots? Checked again, because the status is a file that may be edited. */
async function isPlaced(
  { id, store }: RunStatus,
  { store: own, checkPlaces, onError }: RegistryOptions,
): Promise<boolean> {
  if (store === own.url) return true;
  try {
    await checkPlaces({ store });
    return true;
  } catch (error) {
    const { code, message, help } = toWireError(error, ErrorCode.ConfigInvalid);
    onError(new TandemError({ code, message: `Run ${id} is not listed: ${message}`, help, context: { run: id } }));
    return false;
  }
}

function silent({ name }: RunConfig, limitMs: number): TandemError {
  return new TandemError({
    code: ErrorCode.StoreFailed,
    message:
      `Run ${name}: expected its store and the places it names to answer within ${limitMs / 1000} s, ` + 'got nothing',
    help: 'Look at the mount or the server they are on.',
    retryable: true,
  });
}

/** In the order in which the runs came; of those that have ended only the newest `endedMax`. */
async function keptStatuses({ store, onError }: RegistryOptions, endedMax: number): Promise<RunStatus[]> {
  let kept: RunStatus[] = [];
  for await (const status of readStatuses(store, onError)) {
    kept.push(status);
    // Thinned out now and then, so that a store of any number of runs can be listed.
    if (kept.length > 2 * endedMax) kept = newestEnded(kept, endedMax);
  }
  return newestEnded(kept, endedMax);
}

function newestEnded(statuses: readonly RunStatus[], endedMax: number): RunStatus[] {
  const sorted = statuses.toSorted((left, right) => (left.createdAt < right.createdAt ? -1 : 1));
  const forgotten = new Set(sorted.filter(hasEnded).slice(0, -endedMax));
  return sorted.filter((status) => !forgotten.has(status));
}

function forgetEnded(entries: Map<string, RunEntry>, endedMax: number): void {
  const ended = [...entries.values()].filter(({ status }) => hasEnded(status));
  for (const { status } of ended.slice(0, -endedMax)) entries.delete(status.id);
}

/** The store at a URL. It is opened only once, even if its URL is written in several ways. */
function storeAt(url: string, stores: Map<string, Store>, options: RegistryOptions): Store {
  const known = stores.get(url);
  if (known) return known;
  const opened = options.openStore(url);
  const store = stores.get(opened.url) ?? opened;
  stores.set(url, store).set(store.url, store);
  return store;
}

function entryOf(id: string, entries: ReadonlyMap<string, RunEntry>): RunEntry {
  const entry = entries.get(id);
  if (entry) return entry;
  throw new TandemError({
    code: ErrorCode.NotFound,
    message: `Run: expected the id of a run, got "${id}"`,
    help: 'GET /v1/runs lists them: those that have not ended, and the newest that have.',
    context: { run: id },
  });
}

/** Throws CONFLICT if the queue is full. Runs that are still being submitted count as queued. */
function refuseFullQueue(entries: readonly RunEntry[], submitting: number, queuedRunsMax: number): void {
  const queued = submitting + entries.filter(({ status }) => status.state === 'queued').length;
  if (queued < queuedRunsMax) return;
  throw new TandemError({
    code: ErrorCode.Conflict,
    message: `Queue: expected fewer than ${queuedRunsMax} runs that wait, got ${queued}`,
    help: 'Wait for a run to end, or cancel one that waits.',
    retryable: true,
  });
}

function cancel(entry: RunEntry): RunStatus {
  const { id, state } = entry.status;
  if (state === 'queued') entry.change({ kind: 'cancelled' });
  else if (!hasEnded(entry.status)) entry.abort.abort('cancelled' satisfies StopReason);
  else if (state !== 'cancelled') {
    throw new TandemError({
      code: ErrorCode.Conflict,
      message: `Run ${id}: expected a run that has not ended, got one that is ${state}`,
      help: 'There is nothing left to cancel.',
      context: { run: id },
    });
  }
  return entry.status;
}

async function metricsPage(entry: RunEntry, from: number, limit: number): Promise<MetricsPage> {
  const { status, history } = entry;
  const kept = history?.all() ?? [];
  const first = kept[0]?.step ?? Infinity;
  const older = from < first && status.checkpoint !== null ? await olderMetrics(entry) : [];
  const metrics = [...older.filter(({ step }) => step < first), ...kept]
    .filter(({ step }) => step >= from)
    .slice(0, limit);
  return { run: status.id, metrics, next: (metrics.at(-1)?.step ?? from - 1) + 1 };
}

/** The steps of the newest checkpoints that were asked for: readers come back for page after page. */
const readMetrics = new LRUCache<string, readonly StepMetrics[], RunEntry>({
  max: 4,
  fetchMethod: (_key, _stale, { context: { store, status } }) => checkpointMetrics(store, status.id),
});

async function olderMetrics(entry: RunEntry): Promise<readonly StepMetrics[]> {
  const { store, status } = entry;
  return readMetrics.forceFetch(`${store.url} ${status.id} ${status.checkpoint}`, { context: entry });
}
