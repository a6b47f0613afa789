import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { runKeys, stepOf } from './keys.js';
import type { Store } from '../store.js';
import { urlOf } from '../store-url.js';

/** How many keys are removed concurrently. */
const removesInFlight = 16;

export interface JournalEntry {
  readonly step: number;
  readonly bytes: Uint8Array;
}

/**
 * Writes the averaged gradient of a step to the write-ahead log of the run. It is on disk when the promise resolves;
 * only then may the update be applied. Writing the same bytes again changes nothing. Different bytes for a step that is
 * already there are refused with STORE_FAILED, because then either two coordinators drive one run or the step was not
 * repeated exactly.
 */
export async function appendJournal(store: Store, run: string, step: number, bytes: Uint8Array): Promise<void> {
  const key = runKeys(run).journal(step);
  if (await store.putIfAbsent(key, bytes, { durable: true })) return;
  const there = await store.get(key);
  if (Buffer.compare(there, bytes) === 0) return;
  throw new TandemError({
    code: ErrorCode.StoreFailed,
    message:
      `The journal has another gradient for step ${step} of run ${run} at ${urlOf(store, key)}: ` +
      `${there.byteLength} bytes there, ${bytes.byteLength} bytes now, not the same.`,
    help:
      'See that one coordinator only drives this run, and that the run resumes with the document, ' +
      'code and data it started with.',
    context: { run, step },
  });
}

/**
 * Yields the entries from `fromStep` on, in step order. Throws STORE_FAILED if an entry is missing in between or at the
 * start, because the state after a gap cannot be restored from the journal.
 */
export async function* readJournal(store: Store, run: string, fromStep: number): AsyncIterable<JournalEntry> {
  let expected = fromStep;
  for await (const { key, step } of entries(store, run)) {
    if (step < fromStep) continue;
    if (step !== expected) {
      throw new TandemError({
        code: ErrorCode.StoreFailed,
        message: `The journal of run ${run} lacks step ${expected}: after it comes ${urlOf(store, key)}.`,
        help: `Put the entry back, or remove the entries after it to resume from step ${expected}.`,
        context: { run, step: expected },
      });
    }
    yield { step, bytes: await store.get(key) };
    expected++;
  }
}

/** Removes the entries of steps before `beforeStep`, which a checkpoint has made unnecessary. */
export async function pruneJournal(store: Store, run: string, beforeStep: number): Promise<void> {
  const old: string[] = [];
  for await (const { key, step } of entries(store, run)) {
    if (step >= beforeStep) break;
    old.push(key);
  }
  while (old.length > 0) await Promise.all(old.splice(0, removesInFlight).map((key) => store.remove(key)));
}

async function* entries(store: Store, run: string): AsyncIterable<{ key: string; step: number }> {
  for await (const key of store.list(runKeys(run).journalPrefix)) {
    const step = stepOf(key);
    if (step !== undefined && key === runKeys(run).journal(step)) yield { key, step };
  }
}
