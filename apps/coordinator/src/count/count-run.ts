import { idleWorkerBytes } from '#encoder/worker-memory.js';
import { countList, type CountList } from '#corpus/count/count-list.js';
import { corpusFiles } from '#corpus/source/corpus-files.js';
import { leftOutBook } from '#corpus/source/left-out.js';
import { checkEncoding } from '#data/prepare/text-encoding.js';
import type { QueriesConfig } from '#protocol/document/queries-config.js';
import { parseJson } from '#protocol/input/json-text.js';
import { protocolVersion, type CountTask } from '#protocol/pool/task.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { contentHash, hashedPieces } from '#store/content-hash.js';
import { placeOf } from '#store/open-store.js';
import { runKeys } from '#store/run/keys.js';
import type { Store } from '#store/store.js';
import { urlOf } from '#store/store-url.js';
import type { PoolRunOptions } from '../pool-run.js';
import type { AddressedTask } from '../pool/phase.js';
import type { TrainingEnd } from '../runs/trainer.js';
import { checkOwnResult, damagedResult } from '../training/shards/damaged-result.js';
import { beforeSteps, untilItWorks } from '../training/until-it-works.js';

export type CountRunOptions = PoolRunOptions<QueriesConfig>;

/**
 * Has the files of a corpus counted by the pool, a task each, and keeps the counts of each file in the run's store. The
 * counts are the same whoever counts, and may be verified. Resolves and rejects as runTraining does.
 */
export async function runCount(options: CountRunOptions): Promise<TrainingEnd> {
  const { id, store, onEvent, stopping, signal } = options;
  const outlasting = untilItWorks(options);
  const { files, listHash } = await beforeSteps(options, () => prepare(options));
  onEvent({ kind: 'counting', files: files.length });
  const done = new Set<number>();
  await outlasting(async () => {
    for await (const key of store.list(runKeys(id).countsPrefix))
      if (key.endsWith('.gz')) done.add(Number(/(\d+)\.counts\.gz$/.exec(key)![1]));
  });
  const tell = (): void => onEvent({ kind: 'counted', files: done.size });
  tell();
  const ending = AbortSignal.any([signal, stopping]);
  try {
    await outlasting(() => countFiles({ ...options, signal: ending }, { files, listHash, done, tell }));
  } catch (error) {
    if (stopping.aborted && !signal.aborted) return 'stopped';
    throw error;
  }
  await outlasting(() => store.removeAll(runKeys(id).stepsPrefix));
  return 'complete';
}

interface Prepared {
  readonly files: CountList['files'];
  readonly listHash: string;
}

/** Finds the files, once for each run. Throws what corpusFiles throws. */
async function prepare({ id, config, store, storeAccess }: CountRunOptions): Promise<Prepared> {
  const keys = runKeys(id);
  if ((await store.size(keys.lists)) === undefined) {
    const { sources, pageViews, wiki, lineViewsMin, ignoreCase, encoding } = config.queries;
    if (encoding !== undefined) checkEncoding(encoding);
    const local = (place: string): string => localPath(place, storeAccess);
    const found = await corpusFiles(sources.map(local), leftOutBook());
    const list = countList({
      files: [...found, ...pageViews.map((place) => ({ kind: 'views', path: local(place) }))],
      options: { wiki, lineViewsMin, ignoreCase, encoding },
    });
    await store.put(keys.document, new TextEncoder().encode(JSON.stringify(config)), { durable: true });
    await store.put(keys.lists, new TextEncoder().encode(JSON.stringify(list)), { durable: true });
  }
  const bytes = await store.get(keys.lists);
  return { files: countList(parseJson(bytes)).files, listHash: await contentHash(bytes) };
}

function localPath(place: string, access: CountRunOptions['storeAccess']): string {
  const found = placeOf(place, access);
  if (found.kind === 'file') return found.directory;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `queries: expected a file or folder that coordinator and workers see, got ${place}`,
    help: 'Texts in S3 cannot be counted there: copy them to a folder that all machines share.',
  });
}

interface Counting extends Prepared {
  /** The numbers of the files whose counts are kept. */
  readonly done: Set<number>;
  tell(): void;
}

async function countFiles(
  { id: run, config, priority, pool, store, epoch, code, signal, checkOwner, onEvent }: CountRunOptions,
  { files, listHash, done, tell }: Counting,
): Promise<void> {
  const keys = runKeys(run);
  const configHash = await contentHash(await store.get(keys.document));
  const tasks = files.flatMap((_, shard): AddressedTask[] => {
    if (done.has(shard)) return [];
    const task: CountTask = {
      kind: 'count',
      protocol: protocolVersion,
      ...{ code, run, epoch, step: 0, shard, shards: 1 },
      ...{ store: store.url, configHash, listKey: keys.lists, listHash },
    };
    return [{ task, to: { kind: 'any' } }];
  });
  if (tasks.length === 0) return;
  await pool.run(tasks, {
    ...{ run, seed: config.seed, priority, workerBytes: idleWorkerBytes, signal },
    // How long a file takes depends on its length: one that takes long is not late.
    limits: { ...config.limits, stragglerFactor: Infinity },
    onRetry: () => undefined,
    onFinding: onEvent,
    async onAnswer(answer) {
      if (answer.kind !== 'count') throw new Error(`internal: ${answer.taskId} was answered as ${answer.kind}`);
      checkOwnResult(answer, keys.stepsPrefix);
      await checkOwner();
      await copyChecked(store, answer, keys.counts(answer.shard));
      const leftOut = new TextEncoder().encode(JSON.stringify(answer.leftOut));
      await store.put(keys.countsLeftOut(answer.shard), leftOut);
      done.add(answer.shard);
      tell();
    },
  });
}

/** Copies a result, unless it is not what its worker wrote. */
async function copyChecked(
  store: Store,
  {
    taskId,
    resultKey,
    resultHash,
  }: { readonly taskId: string; readonly resultKey: string; readonly resultHash: string },
  to: string,
): Promise<void> {
  const hashed = hashedPieces(() => store.getPieces(resultKey));
  await store.putPieces(to, async function* () {
    yield* hashed.pieces();
    if (hashed.hash() !== resultHash) throw damagedResult(taskId, urlOf(store, resultKey));
  });
}
