import TinyQueue from 'tinyqueue';
import type { CountEntry, SortedCounts } from './count-entry.js';

interface Cursor {
  readonly batches: AsyncIterator<readonly CountEntry[]>;
  batch: readonly CountEntry[];
  at: number;
}

const batchLength = 4096;

/** The sum of counts: each name once, with the sum of its counts. Holds a batch of each in memory. */
export async function* mergedCounts(inputs: readonly SortedCounts[]): AsyncGenerator<readonly CountEntry[]> {
  const cursors: Cursor[] = inputs.map((input) => ({ batches: input[Symbol.asyncIterator](), batch: [], at: 0 }));
  try {
    const queue = new TinyQueue<Cursor>([], (a, b) => (a.batch[a.at]!.name < b.batch[b.at]!.name ? -1 : 1));
    for (const cursor of cursors) if (await isAtEntry(cursor)) queue.push(cursor);
    let merged: CountEntry[] = [];
    let [name, count] = ['', 0];
    for (let cursor = queue.pop(); cursor; cursor = queue.pop()) {
      const entry = cursor.batch[cursor.at++]!;
      if (entry.name === name) count += entry.count;
      else {
        if (name !== '') merged.push({ name, count });
        ({ name, count } = entry);
        if (merged.length >= batchLength) {
          yield merged;
          merged = [];
        }
      }
      if (cursor.at < cursor.batch.length || (await isAtEntry(cursor))) queue.push(cursor);
    }
    if (name !== '') merged.push({ name, count });
    yield merged;
  } finally {
    for (const { batches } of cursors) await batches.return?.();
  }
}

/** Goes on to the next batch that is not empty. False at the end. */
async function isAtEntry(cursor: Cursor): Promise<boolean> {
  for (;;) {
    if (cursor.at < cursor.batch.length) return true;
    const next = await cursor.batches.next();
    if (next.done) return false;
    cursor.batch = next.value;
    cursor.at = 0;
  }
}
