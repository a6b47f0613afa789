import { z } from 'zod';
import { endedRunsIndexBytesMax } from '#protocol/input/input-limits.js';
import { parseJson } from '#protocol/input/json-text.js';
import { endStates, hasEnded, runStateSchema } from '#protocol/run/run-status.js';
import { contentHash } from '#store/content-hash.js';
import { getAtMost } from '#store/get-at-most.js';
import { jsonLines, parsedJsonLines } from '#store/run/json-lines.js';
import { endedRunsKey } from '#store/run/keys.js';
import type { Store } from '#store/store.js';
import { inTurns, type Pausable } from '#threads/turns.js';
import { openRunFile } from '../run-file.js';
import type { EndedRun } from '../retention/expired-runs.js';

/*
 * A blob of JSON lines: a heading, then an ended run that is not listed in each. Such a run does not change, besides
 * that it is removed, while a coordinator leads that has not listed it. So the index of the leader just before this one
 * spares the reading of their statuses. One of any other leader is not used: what happened since is not known.
 */

const headingSchema = z.strictObject({
  version: z.literal(1),
  /** The fencing token of the leader that wrote it. */
  epoch: z.int(),
  /** Of the bytes after the line of the heading. */
  sha256: z.string(),
});
const endedRunSchema: z.ZodType<EndedRun> = z.strictObject({
  id: z.string(),
  state: runStateSchema.extract(endStates),
  createdAt: z.string(),
  endedAt: z.string().nullable(),
  store: z.string(),
});

/**
 * The runs in the index that the leader of this epoch wrote, by their ids. None if there is no such index, or one that
 * is damaged or cannot be read: their statuses are read then.
 */
export async function readEndedRuns(store: Store, epoch: number): Promise<ReadonlyMap<string, EndedRun>> {
  try {
    const bytes = await getAtMost(store, endedRunsKey, endedRunsIndexBytesMax);
    const lines = bytes.subarray(bytes.indexOf(newline) + 1);
    const heading = headingSchema.parse(parseJson(bytes.subarray(0, bytes.byteLength - lines.byteLength)));
    if (heading.epoch !== epoch || heading.sha256 !== (await contentHash(lines))) return new Map();
    return await inTurns(endedRuns(await inTurns(parsedJsonLines(lines))));
  } catch {
    return new Map();
  }
}

function* endedRuns(values: readonly unknown[]): Pausable<Map<string, EndedRun>> {
  const runs = new Map<string, EndedRun>();
  for (const value of values) {
    const run = endedRunSchema.parse(value);
    runs.set(run.id, run);
    if (runs.size % runsBetweenPauses === 0) yield;
  }
  return runs;
}

/** The index that this leader writes, for the one after it. */
export interface EndedRunsIndex {
  /** So many more runs are not listed now. The index is written once that is many, and not waited for. */
  add(count: number): void;
  /** Has it written even if few have come. */
  rewrite(): void;
  /** Resolves when it is written, or cannot be. */
  close(): Promise<void>;
}

export interface EndedRunsIndexOptions {
  readonly store: Store;
  readonly epoch: number;
  /** Rejects if another coordinator has taken over: nothing is written then. */
  checkOwner(): Promise<void>;
  /** All runs that have ended and are not listed. */
  runs(): Iterable<EndedRun>;
}

export function openEndedRunsIndex({ store, epoch, checkOwner, runs }: EndedRunsIndexOptions): EndedRunsIndex {
  let unwritten = 0;
  const file = openRunFile<undefined>({
    ...{ key: endedRunsKey, stores: [store], checkOwner },
    async bytesOf() {
      const lines = await inTurns(jsonLines([...runs()].filter(hasEnded)));
      const heading = { version: 1, epoch, sha256: await contentHash(lines) };
      return Buffer.concat([Buffer.from(`${JSON.stringify(heading)}\n`), lines]);
    },
  });
  function rewrite(): void {
    unwritten = 0;
    file.write(undefined);
  }
  return {
    add(count) {
      unwritten += count;
      if (unwritten >= unwrittenMax) rewrite();
    },
    rewrite,
    close() {
      if (unwritten > 0) rewrite();
      return file.settled().catch(() => undefined);
    },
  };
}

/** The next start reads so many statuses more if this process is killed. */
const unwrittenMax = 100;
/** They take about a millisecond. */
const runsBetweenPauses = 256;
const newline = 0x0a;
