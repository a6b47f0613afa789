import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countCorpus } from '#corpus/count/count-corpus.js';
import { countList } from '#corpus/count/count-list.js';
import { corpusCounter } from '#corpus/count/corpus-counter.js';
import { countsHeader, writeCounts } from '#corpus/count/counts-file.js';
import { leftOutBook } from '#corpus/source/left-out.js';
import { parseJson } from '#protocol/input/json-text.js';
import type { CountAnswer, CountTask, TaskResult } from '#protocol/pool/task.js';
import { hashedPieces } from '#store/content-hash.js';
import { openStore, type StoreAccess } from '#store/open-store.js';
import { runKeys } from '#store/run/keys.js';
import { checkedBytes } from '../checked-blob.js';
import type { Stopwatch } from './stopwatch.js';

/** Counts the task's file of a corpus, in one blob: a file of counts. */
export async function count(
  task: CountTask,
  worker: string,
  access: StoreAccess,
  time: Stopwatch,
): Promise<TaskResult<CountAnswer>> {
  const store = openStore(task.store, access);
  const folder = await mkdtemp(join(tmpdir(), 'tandem-count-'));
  try {
    const what = 'the list of the files of a corpus';
    const { files, options } = countList(
      parseJson(await checkedBytes({ store, key: task.listKey, hash: task.listHash, what })),
    );
    const file = files[task.shard]!;
    const book = leftOutBook();
    const counter = corpusCounter({ ignoreCase: options.ignoreCase, scratch: folder });
    const path = join(folder, 'part.counts.gz');
    await time('compute', async () => {
      const parts =
        file.kind === 'views'
          ? { files: [], viewFiles: [file.path] }
          : { files: [{ kind: file.kind, path: file.path }], viewFiles: [] };
      await countCorpus(counter, parts, options, book);
      await writeCounts(path, countsHeader(options.ignoreCase), await counter.finish());
    });
    const resultKey = runKeys(task.run).step(task.step, task.epoch).counts(task.shard, worker);
    const hashed = hashedPieces(() => createReadStream(path) as AsyncIterable<Uint8Array>);
    await time('store', () => store.putPieces(resultKey, hashed.pieces));
    return {
      kind: 'count',
      resultKey,
      resultHash: hashed.hash(),
      leftOut: book.list().map(({ examples, ...one }) => ({ ...one, examples: [...examples] })),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
    await store.close();
  }
}
