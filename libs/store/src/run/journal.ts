import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { runKeys, stepOf } from './keys.js';
import type { Store } from '../store.js';
import { urlOf } from '../store-url.js';

/** Keys removed at once. */
const removesInFlight = 16;

export interface JournalEntry {
  readonly step: number;
  readonly bytes: Uint8Array;
}

/**
 * Write a step's averaged gradient to the run's write-ahead log, on disk when the promise resolves: only then may the
 * update be applied. The same bytes again change nothing; other bytes for a step that is there are refused with
 * STORE_FAILED, for then two coordinators drive one run or the step was not repeated exactly.
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
 * The entries from `fromStep` on, in the order of their steps. Throws STORE_FAILED where one between two others, or
 * before the first, is missing: the state after a gap cannot be had from the journal.
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

/** Remove the entries of steps before `beforeStep`: a checkpoint has made them needless. */
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
