import { join } from 'node:path';
import { decodeShardList } from '#download/shards/shard-list.js';
import { dropDuplicates, openShard, readShardStats } from '#download/shards/shard.js';
import type { PictureEntry } from '#download/shards/picture-entry.js';
import { shardName, spoolName, statsName, tarName } from '#download/shards/shard-names.js';
import type { DownloadAnswer } from '#protocol/pool/task.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { contentHash, hashedPieces } from '#store/content-hash.js';
import { runKeys, stepName } from '#store/run/keys.js';
import type { Store } from '#store/store.js';
import { urlOf } from '#store/store-url.js';
import { damagedResult } from '../training/shards/damaged-result.js';
import { appendPieces, type ScratchFiles } from './scratch-files.js';

/** A tar of a download, as far as it is there. */
export interface TarState {
  readonly tar: number;
  readonly listKey: string;
  readonly listHash: string;
  /** How many pictures of the list it is of. */
  readonly count: number;
  /** The places of those of which nothing is known, and of those that failed by what can pass. */
  readonly wanted: readonly number[];
  /** What came of its pictures, if it is written and nothing more of it is here. */
  readonly settled: readonly PictureEntry[] | undefined;
}

/** The tars of a download in a store. They are put together on this machine. */
export interface Tars {
  /** Fetches what is known of a tar: its statistics, and what was downloaded of it before and is in no tar. */
  open(tar: number): Promise<TarState>;
  /** Adds the result of a task. Throws SHARD_FAILED, worth a retry, if it is not what its worker wrote. */
  add(tar: number, answer: DownloadAnswer): Promise<void>;
  /** Writes a tar whose pictures are all there, and what came of them, which it returns. */
  write(state: TarState): Promise<readonly PictureEntry[]>;
  /** Keeps in the store what is here of a tar that is not whole, for whoever goes on with it. */
  keep(tar: number): Promise<void>;
  /** What came of the pictures of a tar. */
  stats(tar: number): Promise<readonly PictureEntry[]>;
  /** Takes duplicates out of a tar. */
  drop(tar: number, pictures: readonly PictureEntry[], of: ReadonlyMap<string, string>): Promise<void>;
}

export interface TarsOptions {
  readonly id: string;
  readonly store: Store;
  readonly scratch: ScratchFiles;
  checkOwner(): Promise<void>;
}

export function openTars({ id, store, scratch, checkOwner }: TarsOptions): Tars {
  const keys = runKeys(id);
  const { folder } = scratch;
  const resultsPrefix = (tar: number): string => `${keys.stepsPrefix}${stepName(tar)}.`;
  const removeResults = (tar: number): Promise<void> => store.removeAll(resultsPrefix(tar));
  const settledStats = async (tar: number): Promise<readonly PictureEntry[] | undefined> => {
    await scratch.forget(statsName(tar));
    return (await scratch.fetch(statsName(tar))) ? (await readShardStats(folder, tar))!.pictures : undefined;
  };
  const put = async (tar: number): Promise<void> => {
    await checkOwner();
    if (scratch.has(tarName(tar))) await scratch.put(tarName(tar));
    else await store.remove(tarName(tar));
    await scratch.put(statsName(tar)); // Only now: with its statistics a tar counts as written.
  };
  return {
    async open(tar) {
      await scratch.forget(shardName(tar));
      const before = await settledStats(tar);
      let isSpooled = await scratch.fetch(spoolName(tar));
      for await (const key of store.list(resultsPrefix(tar)))
        if (key.endsWith('.spool')) isSpooled = (await scratch.fetch(spoolName(tar), key)) || isSpooled;
      const listKey = keys.list(tar);
      const list = await store.get(listKey);
      const count = decodeShardList(list).length;
      const wanted = await wantedOf(folder, tar, count);
      const settled = isSpooled || wanted.length > 0 ? undefined : before;
      if (settled) await scratch.forget(shardName(tar));
      return { tar, listKey, listHash: await contentHash(list), count, wanted, settled };
    },
    async add(tar, { taskId, resultKey, resultHash }) {
      const hashed = hashedPieces(() => store.getPieces(resultKey));
      const result = `${shardName(tar)}.result`;
      await scratch.forget(result);
      await appendPieces(join(folder, result), hashed.pieces());
      if (hashed.hash() !== resultHash) throw damagedResult(taskId, urlOf(store, resultKey));
      await appendPieces(join(folder, spoolName(tar)), scratch.read(result));
      await scratch.forget(result);
    },
    async write({ tar, count }) {
      if (scratch.has(statsName(tar))) await scratch.fetch(tarName(tar));
      await finish(folder, tar, count);
      await put(tar);
      await store.remove(spoolName(tar));
      await removeResults(tar);
      const { pictures } = (await readShardStats(folder, tar))!;
      await scratch.forget(shardName(tar));
      return pictures;
    },
    async keep(tar) {
      if (scratch.has(spoolName(tar))) {
        await checkOwner();
        await scratch.put(spoolName(tar));
        await removeResults(tar);
      }
      await scratch.forget(shardName(tar));
    },
    async stats(tar) {
      const pictures = (await settledStats(tar)) ?? [];
      await scratch.forget(statsName(tar));
      return pictures;
    },
    async drop(tar, pictures, of) {
      await scratch.forget(shardName(tar));
      await scratch.fetch(tarName(tar));
      await dropDuplicates(folder, tar, pictures, of);
      await put(tar);
      await scratch.forget(shardName(tar));
    },
  };
}

async function wantedOf(folder: string, tar: number, count: number): Promise<number[]> {
  const shard = await openShard(folder, tar);
  const wanted = Array.from({ length: count }, (_, index) => index).filter((index) => {
    const entry = shard.entry(index);
    return !entry || ('can_pass' in entry && entry.can_pass);
  });
  await shard.close();
  return wanted;
}

async function finish(folder: string, tar: number, count: number): Promise<void> {
  const shard = await openShard(folder, tar);
  const isWhole = Array.from({ length: count }, (_, index) => shard.entry(index)).every(Boolean);
  if (isWhole) await shard.finish(count);
  await shard.close();
  if (!isWhole) throw notWhole(folder, tar);
}

/** What was answered is not all there: the disk of this machine has lost some of it. It is then read again. */
function notWhole(folder: string, tar: number): TandemError {
  return new TandemError({
    code: ErrorCode.StoreFailed,
    message: `Expected all pictures of ${tarName(tar)} in ${folder}, found some of them missing or damaged.`,
    help: 'See the disk of the coordinator.',
    retryable: true,
  });
}
