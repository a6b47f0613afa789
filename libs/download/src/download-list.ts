import { setMaxListeners } from 'node:events';
import type { StoredImageOptions } from '#data/prepare/stored-image.js';
import type { PairTable } from '#data/prepare/table/table-rows.js';
import { makeFolders } from '#protocol/make-folders.js';
import { downloadBook, type DownloadAccount, type DownloadBook } from './download-account.js';
import { requireSameSettings } from './download-settings.js';
import { numberedPictures } from './numbered-pictures.js';
import { downloadPicture, type WantedPicture } from './picture/downloaded-picture.js';
import { retryAfterMs } from './picture/retries.js';
import { hostOf, workByHost } from './schedule/host-schedule.js';
import { eachWithDuplicates } from './shards/duplicates.js';
import { dropDuplicates, openShard, readShardStats, type Shard } from './shards/shard.js';
import { robotsRules } from './web/robots-rules.js';
import { webClient, type WebOptions } from './web/web-client.js';

export interface DownloadOptions extends StoredImageOptions, WebOptions {
  /** Where the shards go. */
  readonly folder: string;
  readonly shardPictures: number;
  /** Which shards: those whose number leaves `part - 1` when it is divided by `parts`. */
  readonly part: number;
  readonly parts: number;
  readonly connections: number;
  /** How often a failure that can pass is tried again in this call. */
  readonly retries: number;
  readonly bytesMax: number;
  readonly ignoreRobots: boolean;
  readonly disallowed: readonly string[];
  /** By which robots.txt and X-Robots-Tag name this program. */
  readonly agentToken: string;
  /** Bits in which the hashes of duplicates may differ; undefined where they are kept. */
  readonly duplicateDistance: number | undefined;
  readonly signal: AbortSignal;
}

export interface DownloadProgress {
  /** How much of the list has been read, as a share of 1. */
  readonly share: number;
  /** Pictures of this call. */
  readonly stored: number;
  readonly failed: number;
}

/** A picture, and its place in a shard. */
interface Task extends WantedPicture {
  readonly work: ShardWork;
  readonly index: number;
}

/** A shard, and what is still to come of it. */
interface ShardWork {
  readonly number: number;
  readonly shard: Shard;
  open: number;
  /** Of the list, in this shard; known when the list has gone beyond it. */
  count: number | undefined;
}

/**
 * Downloads the pictures of a list into shards as img2dataset writes them, and goes on where an earlier call has ended.
 * Pictures are those of tablePictures, in its order; a shard is a run of them, so that any part of the shards may be
 * downloaded elsewhere. Where all shards are there at the end, duplicates are taken out: of those that look alike the
 * first of the list is kept. Throws DATA_INVALID and CONFIG_INVALID for a list or a folder that does not fit, and the
 * signal's reason where that aborts.
 */
export async function downloadList(
  list: PairTable,
  options: DownloadOptions,
  onProgress: (progress: DownloadProgress) => void = () => undefined,
): Promise<DownloadAccount> {
  const { folder, part, parts, duplicateDistance, signal } = options;
  await makeFolders(folder);
  setMaxListeners(0, signal); // Each picture that is under way has one.
  await requireSameSettings(folder, list, options);
  const book = downloadBook();
  const shards = await downloadShards(list, options, book, onProgress);
  signal.throwIfAborted();
  if (parts === 1 && duplicateDistance !== undefined)
    await eachWithDuplicates(shards, duplicateDistance, {
      statsOf: (shard) => readShardStats(folder, shard),
      drop: (shard, pictures, of) => dropDuplicates(folder, shard, pictures, of),
    });
  for (let shard = part - 1; shard < shards; shard += parts)
    for (const entry of (await readShardStats(folder, shard))?.pictures ?? []) book.entry(entry);
  return book.account();
}

/** Downloads the shards of this part. Returns how many the list has in all. */
async function downloadShards(
  list: PairTable,
  options: DownloadOptions,
  book: DownloadBook,
  onProgress: (progress: DownloadProgress) => void,
): Promise<number> {
  const { connections, perHost, signal } = options;
  const works = new Set<ShardWork>();
  let [shards, share, stored, failed] = [0, 0, 0, 0];
  const close = async (work: ShardWork): Promise<void> => {
    if (work.open > 0 || work.count === undefined || !works.delete(work)) return;
    await work.shard.finish(work.count);
  };

  async function* tasks(): AsyncGenerator<Task> {
    let current: ShardWork | undefined;
    const report = { ignored: () => undefined, say: book.say, reached: (reached: number) => (share = reached) };
    for await (const { number, index, ...wanted } of numberedPictures(list, options.shardPictures, book, report)) {
      shards = number + 1;
      if (number % options.parts !== options.part - 1) continue;
      if (current?.number !== number) {
        if (current) await end(current);
        current = { number, shard: await openShard(options.folder, number), open: 0, count: undefined };
        works.add(current);
        counts.set(current, 0);
      }
      counts.set(current, index + 1);
      const before = current.shard.entry(index);
      if (before && !('can_pass' in before && before.can_pass)) continue;
      current.open++;
      yield { ...wanted, work: current, index };
    }
    if (current) await end(current);
  }
  const counts = new Map<ShardWork, number>();
  const end = async (work: ShardWork): Promise<void> => {
    work.count = counts.get(work);
    counts.delete(work);
    await close(work);
  };

  const client = webClient(options);
  const robots = options.ignoreRobots ? undefined : robotsRules(client, options.agentToken, signal);
  try {
    await workByHost(tasks(), {
      ...{ connections, perHost, signal, waitingMax, hostOf: ({ url }) => hostOf(url) },
      async work(task, attempt) {
        const { entry, files, afterMs } = await downloadPicture(task, { ...options, client, robots });
        const againAfterMs = retryAfterMs({ entry, afterMs }, attempt, options.retries);
        if (againAfterMs !== undefined) return { againAfterMs };
        await task.work.shard.record(task.index, entry, files);
        if (files) stored++;
        else failed++;
        onProgress({ share, stored, failed });
        task.work.open--;
        await close(task.work);
        return undefined;
      },
    });
  } finally {
    await client.close();
    for (const { shard } of works) await shard.close();
  }
  return shards;
}

/** Pictures that wait for their host. */
const waitingMax = 10_000;
