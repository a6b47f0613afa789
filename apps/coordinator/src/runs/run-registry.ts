import type { Amendment } from '#protocol/run/amendment.js';
import type { RunDocument } from '#protocol/document/run-document.js';
import { hasEnded, type MetricsPage, type RunStatus, type RunSummary } from '#protocol/run/run-status.js';
import { ErrorCode, TandemError, toWireError } from '#protocol/tandem-error.js';
import { runKeys } from '#store/run/keys.js';
import { readStatus } from '#store/run/run-statuses.js';
import type { Store } from '#store/store.js';
import { conflict, refuseFullQueue, refuseResume } from './checks/run-conflicts.js';
import { openEndedRunsIndex } from './listing/ended-runs-index.js';
import { endedRun, readStoredRuns } from './listing/stored-runs.js';
import { metricsPage, type MetricsRange } from './history/metrics-history.js';
import { runEntry, type RunEntry, type RunListener } from './run-entry.js';
import { runPage, type RunPage } from './run-page.js';
import { openRunQueue } from './run-queue.js';
import { watchDesertion } from './watch-desertion.js';
import type { EndedRun, ExpiredRun, RetentionRules } from './retention/expired-runs.js';
import { openRetention } from './retention/retention.js';
import { isUnderWay, queuedRun, type RunChange } from './run-transition.js';
import type { LoggedEvent } from '#protocol/history/event-log.js';
import type { RunPlaces } from './checks/run-places.js';
import { storedConfig } from './stored-config.js';
import { openSubmissions, runOf, sameRun } from './submissions.js';
import { withinTime } from '#protocol/time-limit.js';
import type { Trainer } from './trainer.js';

/** All runs of a coordinator. Only the registry changes their states. */
export interface RunRegistry {
  /**
   * Puts a run at the end of the queue. All calls with the same idempotency key give the same run. Throws CONFLICT if
   * the queue is full or the key came with another document before, CONFIG_INVALID if the document names a place
   * outside the roots, a model too large for this machine or a store without room for the run, and STORE_FAILED if its
   * store cannot be written.
   */
  submit(config: RunDocument, idempotencyKey?: string): Promise<RunStatus>;
  /** Throws CONFIG_INVALID as `submit` would, for all that can be said without opening the run's store. */
  check(config: RunDocument): Promise<void>;
  /** At most `limit` runs, the newest first: those after the cursor, which is `next` of the page before. */
  list(limit: number, after?: string): RunPage<RunSummary>;
  all(): RunStatus[];
  /** The status of a run. Throws NOT_FOUND. */
  find(id: string): RunStatus;
  /**
   * Cancels a run. A queued or paused run ends now, an active run after the step in progress, with a checkpoint; if
   * that is asked again, as soon as its training has stopped. Throws NOT_FOUND, and CONFLICT if the run has completed
   * or failed.
   */
  cancel(id: string): RunStatus;
  /** Pauses a run as `cancel` cancels it, to be resumed. Throws NOT_FOUND, and CONFLICT if the run has ended. */
  pause(id: string): RunStatus;
  /**
   * Queues a run again that is paused or has ended; it goes on after its last committed step. Throws NOT_FOUND, and
   * CONFLICT if the run is under way, has completed and gets nothing more to do, or would get fewer steps than are
   * committed.
   */
  resume(id: string, amendment: Amendment): RunStatus;
  /**
   * Gives a run another priority: while it trains, from its next pass over the shards on. Throws NOT_FOUND, and
   * CONFLICT if the run has ended.
   */
  prioritize(id: string, priority: number): RunStatus;
  /**
   * Removes a run that has ended or is paused, with everything that its store holds of it, also one that has ended and
   * is listed no more. Throws NOT_FOUND, and CONFLICT if the run is queued or under way.
   */
  remove(id: string): Promise<void>;
  /** Metrics of committed steps. Throws NOT_FOUND. */
  metrics(id: string, range: MetricsRange): Promise<MetricsPage>;
  /** What has happened to a run, the newest at the end. Throws NOT_FOUND. */
  events(id: string): Promise<readonly LoggedEvent[]>;
  /** The store that a run is kept in. Throws NOT_FOUND. */
  storeOf(id: string): Store;
  /** Calls `listener` at each change of a run. Returns a function that ends this. Throws NOT_FOUND. */
  follow(id: string, listener: RunListener): () => void;
  /**
   * Stops the runs that train, as RunQueue.close does. Queued runs stay queued for the next start. Resolves when all
   * statuses are written.
   */
  close(graceMs: number): Promise<void>;
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
  /** This coordinator's fencing token. */
  readonly epoch: number;
  /** Rejects with CONFLICT if another coordinator has taken over. */
  checkOwner(): Promise<void>;
  /** Whether runs that were under way when their coordinator stopped go on by themselves, or wait to be resumed. */
  readonly resume: 'auto' | 'manual';
  /** Throws CONFIG_INVALID if this machine cannot hold the model of a run. */
  checkMemory(config: RunDocument): void;
  /** Throws CONFIG_INVALID if the store at `url` has no room for a run. */
  checkDisk(config: RunDocument, url: string): Promise<void>;
  /** Can this machine hold the models of these runs together? */
  haveRoom(configs: readonly RunDocument[]): boolean;
  /** How many runs may train at once. */
  readonly runsAtOnce: number;
  /** A new id for a run of this name. */
  newId(name: string): string;
  readonly limits: RegistryLimits;
  /** Which ended runs are removed. */
  readonly retention: RetentionRules;
  onChange: RunListener;
  /** Hears of each run that was removed because `retention` says so. */
  onExpired(run: ExpiredRun): void;
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

/**
 * Opens the registry of the runs that `store` lists. Runs that were under way are queued again before all others, or
 * paused if `resume` says so.
 */
export async function openRunRegistry(options: RegistryOptions): Promise<RunRegistry> {
  const { limits, now, onChange } = options;
  const entries = new Map<string, RunEntry>();
  const stores = new Map([[options.store.url, options.store]]);
  /** Runs that have ended and are not listed. */
  const forgotten = new Map<string, EndedRun>();
  const queue = openRunQueue({ ...options, ...limits, entries: () => [...entries.values()] });
  const retention = openRetention({
    ...{ rules: options.retention, now, remove, onRemoved: options.onExpired, onError: options.onError },
    ended: () => [...statusesOf(entries).filter(hasEnded), ...forgotten.values()],
    isNeeded: (id) => isNamed(id, statusesOf(entries)),
  });
  const entryOptions = {
    ...{ listing: options.store, checkOwner: options.checkOwner, now },
    onChange(status: RunStatus, change: RunChange) {
      onChange(status, change);
      if (hasEnded(status)) retention.wake();
    },
  };

  const index = openEndedRunsIndex({ ...options, runs: () => forgotten.values() });
  const stored = await readStoredRuns({ ...options, endedMax: limits.endedRuns });
  for (const run of stored.unlisted) forgotten.set(run.id, run);
  for (const status of stored.listed) {
    if (!(await isPlaced(status, options))) continue;
    const entry = runEntry(status, { ...entryOptions, store: storeAt(status.store, stores, options) });
    entries.set(status.id, entry);
    if (isUnderWay(status)) entry.change({ kind: 'interrupted' });
    if (options.resume === 'manual' && entry.status.state === 'queued') entry.change({ kind: 'paused' });
    await entry.file.settled();
  }
  if (forgotten.size > 0) index.rewrite();
  queue.wake();
  retention.wake();
  const watch = watchDesertion(options, () => [...entries.values()]);

  async function check(config: RunDocument): Promise<void> {
    options.checkMemory(config);
    await withinTime(options.checkPlaces(config), limits.answerMs, () => silent(config, limits.answerMs));
  }

  async function submit(config: RunDocument, idempotencyKey: string | null): Promise<RunStatus> {
    await check(config);
    const store = config.store === undefined ? options.store : storeAt(config.store, stores, options);
    const checked = store.probe().then(() => options.checkDisk(config, store.url));
    await withinTime(checked, limits.answerMs, () => silent(config, limits.answerMs)).catch(async (error) => {
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
    const entry = runEntry(status, { ...entryOptions, store });
    entry.file.write(status);
    await entry.file.settled();
    entries.set(status.id, entry);
    const old = forgetEnded(entries, limits.endedRuns);
    for (const run of old) forgotten.set(run.id, endedRun(run));
    index.add(old.length);
    queue.wake();
    return status;
  }

  async function remove(id: string): Promise<void> {
    const unlisted = forgotten.get(id);
    if (unlisted) await refuseChanged(unlisted);
    if (unlisted && unlisted.store !== options.store.url) await options.checkPlaces({ store: unlisted.store });
    const entry = unlisted ? undefined : entryOf(id, entries);
    if (entry && !hasEnded(entry.status) && entry.status.state !== 'paused')
      throw conflict(entry.status, 'that has ended or is paused', 'Cancel it first.');
    const run = unlisted ?? endedRun(entry!.status);
    entries.delete(id);
    forgotten.set(id, run); // If the store fails now, it can be removed again.
    await Promise.allSettled([entry?.file.settled(), entry?.eventLog.settled()]);
    await options.checkOwner();
    const store = entry?.store ?? storeAt(run.store, stores, options);
    for (const one of new Set([store, options.store])) await one.removeAll(runKeys(id).prefix);
    forgotten.delete(id);
  }

  /** The status says what a run is. An unlisted one may have been read long ago, or be known from the index only. */
  async function refuseChanged({ id, state }: EndedRun): Promise<void> {
    const status = await readStatus(options.store, id);
    if (!status || status instanceof TandemError || status.state === state) return;
    forgotten.delete(id);
    index.rewrite(); // So the next start reads it.
    throw conflict(
      status,
      `that is ${state}, as it was when it was read`,
      'The next start of the coordinator reads it again.',
    );
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
      refuseFullQueue(statusesOf(entries), submissions.count(), limits.queuedRuns);
      return submissions.during(config, idempotencyKey, submit(config, idempotencyKey ?? null));
    },
    list(limit, after) {
      const { runs, next } = runPage(statusesOf(entries).reverse(), limit, after);
      return { runs: runs.map(({ config: _config, ...summary }) => summary), next };
    },
    all: () => statusesOf(entries),
    find: (id) => entryOf(id, entries).status,
    cancel: (id) => cancel(entryOf(id, entries)),
    pause: (id) => pause(entryOf(id, entries)),
    resume(id, amendment) {
      const entry = entryOf(id, entries);
      refuseResume(entry.status, amendment);
      storedConfig({ ...entry.status, config: { ...(entry.status.config as RunDocument), ...amendment } });
      entry.change({ kind: 'resumed', amendment });
      const queued = entry.status;
      queue.wake(); // It may begin at once.
      return queued;
    },
    prioritize(id, priority) {
      const entry = entryOf(id, entries);
      if (hasEnded(entry.status))
        throw conflict(entry.status, 'that has not ended', 'Resume it with another priority.');
      entry.change({ kind: 'prioritized', priority });
      return entry.status;
    },
    remove,
    check,
    metrics: (id, range) => metricsPage(entryOf(id, entries), range),
    events: async (id) => entryOf(id, entries).eventLog.all(),
    storeOf: (id) => entryOf(id, entries).store,
    follow(id, listener) {
      const { listeners } = entryOf(id, entries);
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close(graceMs) {
      watch.stop();
      await queue.close(graceMs);
      await retention.close();
      await Promise.allSettled(
        [...entries.values()].flatMap(({ file, eventLog }) => [file.settled(), eventLog.settled()]),
      );
      await index.close();
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

function silent({ name }: RunDocument, limitMs: number): TandemError {
  return new TandemError({
    code: ErrorCode.StoreFailed,
    message:
      `Run ${name}: expected its store and the places it names to answer within ${limitMs / 1000} s, ` + 'got nothing',
    help: 'Look at the mount or the server they are on.',
    retryable: true,
  });
}

/** Lists only the newest ended runs from now on. Returns the others. */
function forgetEnded(entries: Map<string, RunEntry>, endedMax: number): RunStatus[] {
  const old = statusesOf(entries).filter(hasEnded).slice(0, -endedMax);
  for (const { id } of old) entries.delete(id);
  return old;
}

function statusesOf(entries: ReadonlyMap<string, RunEntry>): RunStatus[] {
  return [...entries.values()].map(({ status }) => status);
}

/** Does the document of a run that is not complete name this one, for its weights say? An id is in no other text. */
function isNamed(id: string, statuses: readonly RunStatus[]): boolean {
  return statuses.some((run) => run.state !== 'completed' && run.id !== id && JSON.stringify(run.config).includes(id));
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

function cancel(entry: RunEntry): RunStatus {
  const { state } = entry.status;
  if (entry.training) entry.training.stop('cancelled');
  else if (!hasEnded(entry.status)) entry.change({ kind: 'cancelled' });
  else if (state !== 'cancelled')
    throw conflict(entry.status, 'that has not ended', 'There is nothing left to cancel.');
  return entry.status;
}

function pause(entry: RunEntry): RunStatus {
  const { state } = entry.status;
  if (entry.training) entry.training.stop('paused');
  else if (state === 'queued') entry.change({ kind: 'paused' });
  else if (state !== 'paused') throw conflict(entry.status, 'that has not ended', 'There is nothing left to pause.');
  return entry.status;
}
