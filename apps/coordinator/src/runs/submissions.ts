import { isDeepStrictEqual } from 'node:util';
import type { RunConfig } from '#protocol/run/run-config.js';
import type { RunStatus } from '#protocol/run/run-status.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { RunEntry } from './run-entry.js';

/** A run that was, or is being, submitted with an idempotency key. */
export interface EarlierRun {
  readonly config: unknown;
  readonly run: Promise<RunStatus>;
}

/**
 * Submissions under way: each has its place in the queue, and each idempotency key its run, before anything is awaited.
 */
export interface Submissions {
  count(): number;
  of(idempotencyKey: string): EarlierRun | undefined;
  /** Note a submission while it lasts; where it fails its key is free again. */
  during(config: RunConfig, idempotencyKey: string | undefined, run: Promise<RunStatus>): Promise<RunStatus>;
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

/** The run that was submitted with this key, in this process or one before it. */
export function runOf(idempotencyKey: string, entries: ReadonlyMap<string, RunEntry>): EarlierRun | undefined {
  const entry = [...entries.values()].find(({ status }) => status.idempotencyKey === idempotencyKey);
  return entry && { config: entry.status.config, run: Promise.resolve(entry.status) };
}

/** Throws CONFLICT where the key's run is that of another document. */
export function sameRun(earlier: EarlierRun, config: RunConfig, idempotencyKey: string): Promise<RunStatus> {
  // As they are kept: what JSON leaves out is no difference.
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
