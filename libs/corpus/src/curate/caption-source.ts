/** Captions of a picture, under a key that no other pair of the source has. */
export interface CaptionPair {
  readonly key: string;
  readonly captions: readonly string[];
}

/** Pairs in an order that is the same at every reading, in batches of any size. */
export type CaptionSource = () => AsyncIterable<readonly CaptionPair[]>;
