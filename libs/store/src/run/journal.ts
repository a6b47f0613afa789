import { z } from 'zod';
import { parseJson } from '#protocol/input/json-text.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { contentHash } from '../content-hash.js';
import { getAtMost } from '../get-at-most.js';
import { runKeys, stepOf } from './keys.js';
import type { Store } from '../store.js';
import { urlOf } from '../store-url.js';

/** How many keys are removed concurrently. */
const removesInFlight = 16;
const recordBytesMax = 64 * 1024;

/** Numbers that are kept with a step's gradient, such as its loss: what the gradient alone does not give again. */
export type JournalNote = Readonly<Record<string, number>>;

const recordSchema = z.strictObject({
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  note: z.record(z.string(), z.number()),
});

export interface JournalEntry {
  readonly step: number;
  readonly bytes: Uint8Array;
  readonly note: JournalNote;
}

/** Where the journal ends although entries come after: the first step that is not there, or not whole, and why. */
export interface JournalGap {
  readonly step: number;
  readonly reason: string;
}

/**
 * Writes the averaged gradient of a step to the write-ahead log of the run, and then a record with its sha256. The step
 * counts from the moment the record is on disk, which it is when the promise resolves; only then may the update be
 * applied. Writing the same gradient again changes nothing. Another gradient for a step that counts already is refused
 * with CONFLICT, because then either two coordinators drive one run or the step was not repeated exactly.
 */
export async function appendJournal(
  store: Store,
  run: string,
  step: number,
  bytes: Uint8Array,
  note: JournalNote,
): Promise<void> {
  const keys = runKeys(run);
  const [sha256, isNew] = await Promise.all([
    contentHash(bytes),
    store.putIfAbsent(keys.journal(step), bytes, { durable: true }),
  ]);
  if (!isNew) {
    const there = await recordOf(store, run, step);
    if (there?.sha256 === sha256) return;
    if (there) throw otherGradient(store, run, step, { there: there.bytes, now: bytes.byteLength });
    await store.put(keys.journal(step), bytes, { durable: true }); // Its writer died before it counted.
  }
  const record = JSON.stringify({ bytes: bytes.byteLength, sha256, note });
  await store.put(keys.journalRecord(step), new TextEncoder().encode(record), { durable: true });
}

/**
 * Yields the entries from `fromStep` on, in step order, up to the first that is missing or not whole. If others come
 * after that one, or it is damaged, `onGap` is told. The entries after a gap are not lost work: they are confirmed when
 * their steps are taken again.
 */
export async function* readJournal(
  store: Store,
  run: string,
  fromStep: number,
  onGap: (gap: JournalGap) => void = () => undefined,
): AsyncIterable<JournalEntry> {
  let step = fromStep;
  for await (const at of stepsOf(store, run)) {
    if (at < step) continue;
    if (at > step) return onGap({ step, reason: `there is no entry, but one for step ${at}` });
    const entry = await readEntry(store, run, step);
    if (typeof entry === 'string') return onGap({ step, reason: entry });
    yield entry;
    step++;
  }
}

/** Removes the entry of a step, such as one that is damaged, so that the step can be written again. */
export async function removeEntry(store: Store, run: string, step: number): Promise<void> {
  const keys = runKeys(run);
  await store.remove(keys.journalRecord(step)); // First, so that no gradient that is about to go counts.
  await store.remove(keys.journal(step));
}

/** Removes the entries of steps before `beforeStep`, which checkpoints have made unnecessary. */
export async function pruneJournal(store: Store, run: string, beforeStep: number): Promise<void> {
  const old: number[] = [];
  for await (const step of stepsOf(store, run)) {
    if (step >= beforeStep) break;
    old.push(step);
  }
  while (old.length > 0) await Promise.all(old.splice(0, removesInFlight).map((step) => removeEntry(store, run, step)));
}

/** An entry, or why it cannot be used. */
async function readEntry(store: Store, run: string, step: number): Promise<JournalEntry | string> {
  const record = await recordOf(store, run, step);
  if (!record) return 'its record is missing or damaged';
  const key = runKeys(run).journal(step);
  const size = await store.size(key);
  if (size !== record.bytes) return `expected ${record.bytes} bytes in ${urlOf(store, key)}, got ${size ?? 'none'}`;
  const bytes = await store.get(key).catch((error: unknown) => {
    if (error instanceof TandemError && error.code === ErrorCode.NotFound) return undefined;
    throw error;
  });
  if (!bytes) return `${urlOf(store, key)} is gone`; // An earlier leader that was frozen has removed it just now.
  if ((await contentHash(bytes)) !== record.sha256)
    return `${urlOf(store, key)} does not have the sha256 of its record`;
  return { step, bytes, note: record.note };
}

async function recordOf(store: Store, run: string, step: number): Promise<z.output<typeof recordSchema> | undefined> {
  try {
    const text = await getAtMost(store, runKeys(run).journalRecord(step), recordBytesMax);
    return recordSchema.safeParse(parseJson(text)).data;
  } catch (error) {
    if (error instanceof TandemError && error.code === ErrorCode.StoreFailed) throw error;
    return undefined;
  }
}

/** The steps that have a gradient or a record, in order. */
async function* stepsOf(store: Store, run: string): AsyncIterable<number> {
  const keys = runKeys(run);
  let last: number | undefined;
  for await (const key of store.list(keys.journalPrefix)) {
    const step = stepOf(key);
    if (step === undefined || step === last) continue;
    if (key !== keys.journal(step) && key !== keys.journalRecord(step)) continue;
    last = step;
    yield step;
  }
}

function otherGradient(
  store: Store,
  run: string,
  step: number,
  bytes: { readonly there: number; readonly now: number },
): TandemError {
  return new TandemError({
    code: ErrorCode.Conflict,
    message:
      `The journal has another gradient for step ${step} of run ${run} at ` +
      `${urlOf(store, runKeys(run).journal(step))}: ` +
      `${bytes.there} bytes there, ${bytes.now} bytes now, not the same.`,
    help:
      'See that one coordinator only drives this run, and that the run resumes with the document, ' +
      'code and data it started with.',
    context: { run, step },
  });
}
