import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { downloadPicture } from '#download/picture/downloaded-picture.js';
import { retryAfterMs } from '#download/picture/retries.js';
import { decodeShardList } from '#download/shards/shard-list.js';
import { spoolHeaderOf } from '#download/shards/shard.js';
import { openSpool } from '#download/shards/spool.js';
import type { DownloadAnswer, DownloadTask, TaskResult } from '#protocol/pool/task.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { hashedPieces } from '#store/content-hash.js';
import { runKeys } from '#store/run/keys.js';
import { checkedBytes } from '../checked-blob.js';
import type { Stopwatch } from '../tasks/stopwatch.js';
import type { DownloadContext } from './download-context.js';

/**
 * Downloads the task's pictures into a spool, in one blob: what came of each of them. If `stopping` is aborted, throws
 * SHARD_FAILED, worth a retry.
 */
export async function download(
  task: DownloadTask,
  { store, queue, pictures, retries }: DownloadContext,
  worker: string,
  time: Stopwatch,
  stopping: AbortSignal,
): Promise<TaskResult<DownloadAnswer>> {
  const list = decodeShardList(
    await checkedBytes({ store, key: task.listKey, hash: task.listHash, what: 'the list of the pictures of a tar' }),
  );
  const folder = await mkdtemp(join(tmpdir(), 'tandem-pictures-'));
  try {
    const path = join(folder, 'pictures.spool');
    const spool = await openSpool(path);
    let [stored, failed] = [0, 0];
    try {
      const wanted = task.pictures.map((index) => ({ ...list[index]!, index }));
      await time('load', () =>
        queue.run(
          wanted,
          async (picture, attempt) => {
            const { entry, files, afterMs } = await downloadPicture(picture, { ...pictures, signal: stopping });
            const againAfterMs = retryAfterMs({ entry, afterMs }, attempt, retries);
            if (againAfterMs !== undefined) return { againAfterMs };
            if (files) stored++;
            else failed++;
            await spool.append(spoolHeaderOf(picture.index, entry, files), files?.image ?? new Uint8Array());
            return undefined;
          },
          stopping,
        ),
      );
    } finally {
      await spool.close();
    }
    const resultKey = runKeys(task.run).step(task.step, task.epoch).pictures(task.shard, worker);
    const hashed = hashedPieces(() => createReadStream(path) as AsyncIterable<Uint8Array>);
    await time('store', () => store.putPieces(resultKey, hashed.pieces));
    return { kind: 'download', resultKey, resultHash: hashed.hash(), stored, failed };
  } catch (error) {
    throw stopping.aborted ? stops() : error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function stops(): TandemError {
  return new TandemError({
    code: ErrorCode.ShardFailed,
    message: 'The worker is stopping and gives up the download of some pictures',
    retryable: true,
  });
}
