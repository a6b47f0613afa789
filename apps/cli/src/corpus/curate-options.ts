import type { CurationRule } from '#corpus/curate/curation.js';

/** Options of `tandem dataset curate`. */
export interface CurateOptions {
  readonly queries: string;
  readonly method: CurationRule['method'];
  readonly perQuery: number;
  readonly tailShare?: number;
  readonly seed: number;
  readonly ignoreCase: boolean;
  readonly captionColumn?: string;
  readonly keyColumn?: string;
  readonly imageColumn: string;
  readonly encoding?: string;
  readonly counts: readonly string[];
  readonly countsOut?: string;
  readonly scratch: string;
  readonly name?: string;
  readonly replace: boolean;
}
