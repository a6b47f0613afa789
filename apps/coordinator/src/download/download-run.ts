import { setMaxListeners } from 'node:events';
import { idleWorkerBytes } from '#encoder/worker-memory.js';
import { downloadBook, type DownloadAccount } from '#download/download-account.js';
import { eachWithDuplicates } from '#download/shards/duplicates.js';
import type { PictureEntry } from '#download/shards/picture-entry.js';
import type { DownloadConfig } from '#protocol/document/download-config.js';
import { picturesPerTaskMax, protocolVersion, type DownloadTask } from '#protocol/pool/task.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { contentHash } from '#store/content-hash.js';
import { runKeys } from '#store/run/keys.js';
import type { PoolRunOptions } from '../pool-run.js';
import type { AddressedTask } from '../pool/phase.js';
import type { TrainingEnd } from '../runs/trainer.js';
import type { RunEvent } from '../training/run-event.js';
import { checkOwnResult } from '../training/shards/damaged-result.js';
import { beforeSteps, untilItWorks } from '../training/until-it-works.js';
import { readList, type ReadList } from './read-list.js';
import { openScratchFiles } from './scratch-files.js';
import { openTars, type TarState, type Tars } from './tars.js';

export type DownloadRunOptions = PoolRunOptions<DownloadConfig>;

/** Tasks that the pool has at once, at least; it gets a tar's tasks together. */
const tasksAtOnce = 256;

/**
 * Downloads the pictures of a list on the pool into tars in the run's store: those of downloadList, whichever workers
 * there are. A task is of pictures of one tar, and its result a spool of them; of all spools of a tar the tar is made
 * here. Resolves when all tars are written and duplicates are taken out, or when it has stopped as `stopping` asked;
 * what was downloaded is then kept. Rejects as runTraining does.
 */
export async function runDownload(options: DownloadRunOptions): Promise<TrainingEnd> {
  const { id, config, store, onEvent, stopping, signal } = options;
  const scratch = await openScratchFiles(store);
  const outlasting = untilItWorks(options);
  try {
    const read = await beforeSteps(options, (ending) => readList({ ...options, scratch, signal: ending }));
    const document = new TextEncoder().encode(JSON.stringify(config));
    await outlasting(() => store.put(runKeys(id).document, document, { durable: true }));
    const configHash = await contentHash(document);
    onEvent({ kind: 'listed', tars: read.tars });
    const tars = openTars({ id, store, scratch, checkOwner: options.checkOwner });
    const progress = openProgress(read, onEvent);
    for (let next = 0; next < read.tars && !stopping.aborted;) {
      next = await outlasting(() => downloadTars(next, { ...options, configHash, tars, progress, count: read.tars }));
    }
    signal.throwIfAborted();
    if (stopping.aborted) return 'stopped';
    await outlasting(() => dropAllDuplicates(config, read, tars));
    await outlasting(() => store.removeAll(runKeys(id).stepsPrefix));
    onEvent({ kind: 'downloaded', tars: read.tars, ...progress.counts(), account: await accountOf(read, tars) });
    return 'complete';
  } finally {
    await scratch.close();
  }
}

interface Progress {
  /** Takes the entries of a tar that is written. */
  written(tar: number, entries: readonly PictureEntry[]): void;
  /** Takes what came of the pictures of a task. */
  answered(counts: { readonly stored: number; readonly failed: number }): void;
  counts(): { readonly stored: number; readonly failed: number };
}

function openProgress(read: ReadList, onEvent: (event: RunEvent) => void): Progress {
  const book = downloadBook();
  const written = new Set<number>();
  let [stored, failed] = [0, 0];
  const tell = (): void =>
    onEvent({ kind: 'downloaded', tars: written.size, stored, failed, account: { ...book.account(), ...said(read) } });
  return {
    written(tar, entries) {
      if (written.has(tar)) return; // A tar is looked at again after an outage.
      written.add(tar);
      entries.forEach(book.entry);
      tell();
    },
    answered(counts) {
      stored += counts.stored;
      failed += counts.failed;
      tell();
    },
    counts: () => ({ stored, failed }),
  };
}

interface TarsInTurn extends DownloadRunOptions {
  readonly configHash: string;
  readonly tars: Tars;
  readonly progress: Progress;
  /** How many tars there are in all. */
  readonly count: number;
}

/**
 * Downloads the tars from `first` on that make enough tasks for the pool. Returns the number of the tar after them.
 * Where that fails, or is stopped, what was answered is kept in the store.
 */
async function downloadTars(first: number, options: TarsInTurn): Promise<number> {
  const { tars, progress, pool, count, stopping, signal } = options;
  const atOnce = Math.max(tasksAtOnce, 8 * pool.workers().length);
  const states = new Map<number, OpenTar>();
  const tasks: AddressedTask[] = [];
  let next = first;
  for (; next < count && tasks.length < atOnce && !stopping.aborted; next++) {
    const state = await tars.open(next);
    if (state.settled) {
      progress.written(next, state.settled);
      continue;
    }
    const own = tasksOf(state, options);
    if (own.length === 0) progress.written(next, await tars.write(state));
    else states.set(next, { state, left: own.length, last: Promise.resolve() });
    tasks.push(...own);
  }
  const broken = new AbortController();
  const ending = AbortSignal.any([signal, stopping, broken.signal]);
  setMaxListeners(0, ending);
  try {
    if (tasks.length > 0 && !ending.aborted)
      await runTasks(tasks, { ...options, signal: ending }, states, (error) => broken.abort(error));
  } catch (thrown) {
    // What is under way must not meet what comes next.
    await Promise.allSettled([...states.values()].map(({ last }) => last));
    const error: unknown = broken.signal.aborted ? broken.signal.reason : thrown;
    if (signal.aborted) throw error;
    if (!stopping.aborted || broken.signal.aborted) {
      for (const tar of states.keys()) await tars.keep(tar).catch(() => undefined); // The first error is to be told.
      throw error;
    }
  }
  if (stopping.aborted) for (const tar of states.keys()) await tars.keep(tar);
  return next;
}

/** A tar that is being downloaded. */
interface OpenTar {
  readonly state: TarState;
  /** Tasks that are not answered. */
  left: number;
  /** What is done to it: one thing after another. */
  last: Promise<void>;
}

async function runTasks(
  tasks: readonly AddressedTask[],
  { id: run, config, priority, pool, tars, progress, signal, onEvent }: TarsInTurn,
  states: Map<number, OpenTar>,
  onBroken: (error: unknown) => void,
): Promise<void> {
  await pool.run(tasks, {
    ...{ run, seed: 0, priority, workerBytes: idleWorkerBytes, signal },
    // The web may answer two workers differently, and nobody should be asked twice because a server is slow.
    limits: { ...config.limits, verifyShare: 0, stragglerFactor: Infinity },
    onRetry: () => undefined,
    onFinding: onEvent,
    async onAnswer(answer) {
      if (answer.kind !== 'download') throw new Error(`internal: ${answer.taskId} was answered as ${answer.kind}`);
      checkOwnResult(answer, runKeys(run).stepsPrefix);
      const tar = tarOf(answer.taskId);
      const open = states.get(tar)!;
      const added = open.last.then(() => tars.add(tar, answer));
      open.last = added.catch(() => undefined);
      await added;
      progress.answered(answer);
      if (--open.left > 0) return;
      // That a tar cannot be written is no fault of a worker.
      open.last = tars.write(open.state).then((entries) => {
        states.delete(tar);
        progress.written(tar, entries);
      });
      await open.last.catch(onBroken);
    },
  });
}

/** The step in the name of a task. */
function tarOf(taskId: string): number {
  return Number(taskId.split('.').at(-3));
}

function tasksOf(
  { tar, listKey, listHash, wanted }: TarState,
  { id: run, epoch, code, store, configHash }: TarsInTurn,
): AddressedTask[] {
  const tasks: AddressedTask[] = [];
  for (let at = 0; at < wanted.length; at += picturesPerTaskMax) {
    const task: DownloadTask = {
      kind: 'download',
      protocol: protocolVersion,
      ...{ code, run, epoch, step: tar, shard: at / picturesPerTaskMax, shards: 1 },
      ...{ store: store.url, configHash, listKey, listHash },
      pictures: wanted.slice(at, at + picturesPerTaskMax),
    };
    tasks.push({ task, to: { kind: 'any' } });
  }
  return tasks;
}

async function dropAllDuplicates({ download }: DownloadConfig, { tars: count }: ReadList, tars: Tars): Promise<void> {
  if (download.duplicateDistance === null) return;
  await eachWithDuplicates(count, download.duplicateDistance, {
    statsOf: async (tar) => ({ pictures: await tars.stats(tar) }),
    drop: (tar, pictures, of) => tars.drop(tar, pictures, of),
  });
}

async function accountOf(read: ReadList, tars: Tars): Promise<DownloadAccount> {
  const book = downloadBook();
  for (let tar = 0; tar < read.tars; tar++) (await tars.stats(tar)).forEach(book.entry);
  return { ...book.account(), ...said(read) };
}

function said({ leftOut, said: sentences }: ReadList): Pick<DownloadAccount, 'leftOut' | 'said'> {
  return { leftOut, said: sentences };
}

/** Refuses a second download into a store while one is under way. */
export function oneForEachStore(): (
  options: DownloadRunOptions,
  download: (options: DownloadRunOptions) => Promise<TrainingEnd>,
) => Promise<TrainingEnd> {
  const runs = new Map<string, string>();
  return async (options, download) => {
    const { id, store } = options;
    const other = runs.get(store.url);
    if (other !== undefined)
      throw new TandemError({
        code: ErrorCode.Conflict,
        message: `Run ${id}: expected a store into which no other run downloads, got ${store.url}, that of ${other}.`,
        help: 'Wait for that run, or name another store.',
        context: { run: id },
      });
    runs.set(store.url, id);
    try {
      return await download(options);
    } finally {
      runs.delete(store.url);
    }
  };
}
