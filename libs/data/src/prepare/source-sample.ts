import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** What a source holds of one pair. */
export interface SourcePair {
  readonly image: Uint8Array;
  readonly captions: readonly string[];
  readonly group?: string;
}

/** A sample as a source names it, before anyone has read it. */
export interface SourceSample {
  /** How people find it: a path, or a member of a tar. */
  readonly origin: string;
  /** DATA_INVALID, or the error of a missing file, where this sample cannot be used. */
  readonly read: () => Promise<SourcePair>;
}

/** A sample that is known to be of no use. */
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
