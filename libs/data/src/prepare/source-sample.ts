import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** The image, captions and group of one pair. */
export interface SourcePair {
  readonly image: Uint8Array;
  readonly captions: readonly string[];
  readonly group?: string | undefined;
  /** What was changed on the way, in words that are the same for every pair. */
  readonly changes?: readonly string[];
  /** Why there is no caption, where more is known of it. */
  readonly noCaption?: string | undefined;
}

/** A sample of a source that has not been read yet. */
export interface SourceSample {
  /** Where people find it: a path, or a member of a tar. */
  readonly origin: string;
  /** Throws DATA_INVALID, or the error of node:fs, if the sample cannot be used. */
  readonly read: () => Promise<SourcePair>;
}

/** A sample that is known to be unusable: reading it throws DATA_INVALID with this reason. */
export function badSample(origin: string, reason: string): SourceSample {
  return {
    origin,
    read: async () => {
      throw new TandemError({ code: ErrorCode.DataInvalid, message: reason });
    },
  };
}

/** Samples in a fixed order. */
export type SampleSource = AsyncIterable<SourceSample>;

/** What a source tells beside its samples. */
export interface SourceReport {
  /** A file that is no part of any pair, and of what kind it is where that is known. */
  ignored(origin: string, kind?: string): void;
  /** How the source is read, where that was guessed or may surprise. */
  say(sentence: string): void;
  /** How much of the source has been read, as a share of 1. */
  reached(share: number): void;
}
