import { isDeepStrictEqual } from 'node:util';
import type { RunDocument } from '#protocol/document/run-document.js';
import type { RunStatus } from '#protocol/run/run-status.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { RunEntry } from './run-entry.js';

/** A run that was submitted with an idempotency key, or is being submitted now. */
export interface EarlierRun {
  readonly config: unknown;
  readonly run: Promise<RunStatus>;
}

/**
 * The submissions in progress. A submission is noted before anything is awaited, so that its place in the queue and its
 * idempotency key are taken at once.
 */
export interface Submissions {
  count(): number;
  of(idempotencyKey: string): EarlierRun | undefined;
  /** Notes a submission until `run` settles. If it fails, its key is free again. */
  during(config: RunDocument, idempotencyKey: string | undefined, run: Promise<RunStatus>): Promise<RunStatus>;
}

export function openSubmissions(): Submissions {
  const underWay = new Set<{ readonly key: string | undefined } & EarlierRun>();
  return {
    count: () => underWay.size,
    of: (wanted) => [...underWay].find(({ key }) => key === wanted),
    async during(config, key, run) {
      const submission = { key, config, run };
      underWay.add(submission);
      try {
        return await run;
      } finally {
        underWay.delete(submission);
      }
    },
  };
}

/** The run that was submitted with this key, in this process or in an earlier one. */
export function runOf(idempotencyKey: string, entries: ReadonlyMap<string, RunEntry>): EarlierRun | undefined {
  const entry = [...entries.values()].find(({ status }) => status.idempotencyKey === idempotencyKey);
  return entry && { config: entry.status.config, run: Promise.resolve(entry.status) };
}

/** The earlier run. Throws CONFLICT if it was submitted with another document. */
export function sameRun(earlier: EarlierRun, config: RunDocument, idempotencyKey: string): Promise<RunStatus> {
  // Compared as they are stored: what JSON leaves out makes no difference.
  const kept = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
  if (isDeepStrictEqual(kept(earlier.config), kept(config))) return earlier.run;
  throw new TandemError({
    code: ErrorCode.Conflict,
    message:
      `Idempotency-Key: expected the document that ${JSON.stringify(idempotencyKey)} came with ` +
      'before, got another',
    help: 'Use a new key for each run, and the same one only to send the same document again.',
  });
}
