import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** The image, captions and group of one pair. */
export interface SourcePair {
  readonly image: Uint8Array;
  readonly captions: readonly string[];
  readonly group?: string;
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

const imageName = /\.(?:webp|jpe?g|png)$/i;

export function isImageName(name: string): boolean {
  return imageName.test(name);
}
