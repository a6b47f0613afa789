import type { RunConfig } from '#protocol/run/run-config.js';
import type { WireError } from '#protocol/tandem-error.js';
import type { StoreAccess } from '#store/open-store.js';

/** Reads what the preparation of a run needs of its training data. */
export interface DataCall {
  readonly kind: 'read';
  readonly config: RunConfig;
  readonly storeAccess: StoreAccess;
  /** Is the run's tokenizer asked for, too? */
  readonly withTokenizer: boolean;
}

export interface DataFacts {
  readonly trainPairs: number;
  readonly stepsPerEpoch: number;
  /** What trains badly, in sentences. */
  readonly advice: readonly string[];
  /** Of the data set's manifest: another one means another data set. */
  readonly datasetSha256: string;
  /** The document of the tokenizer as JSON, as it is stored: CLIP's own, or learned from the captions. */
  readonly tokenizer?: Uint8Array;
}

export interface DataResults {
  readonly read: DataFacts | { readonly failed: WireError };
}
