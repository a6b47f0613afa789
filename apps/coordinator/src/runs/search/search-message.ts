import type { FeaturesProgress, ImageSearch } from '#protocol/history/image-search.js';
import type { WireError } from '#protocol/tandem-error.js';
import type { StoreAccess } from '#store/open-store.js';
import type { CheckpointPlace } from '../checkpoints/run-checkpoints.js';

/** A data set, to be searched with the model of a checkpoint. */
export interface SearchedPlace {
  readonly checkpoint: CheckpointPlace;
  /** URL of the data set. */
  readonly data: string;
  /** URL of the store that keeps the features. */
  readonly store: string;
}

interface ThreadTerms {
  readonly storeAccess: StoreAccess;
  readonly threads: number;
}

/** Begins to compute the features of a data set, unless they are there or under way. */
export interface FeaturesCall extends SearchedPlace, ThreadTerms {
  readonly kind: 'features';
}

/** Asks how far that is. */
export interface ProgressCall extends SearchedPlace {
  readonly kind: 'progress';
}

/** Asks for the images that are nearest to a text or to an image file. */
export interface SearchCall extends SearchedPlace, ThreadTerms {
  readonly kind: 'search';
  readonly query: string | Uint8Array;
  readonly count: number;
}

/** Asks for an image of a data set, made small. */
export interface PictureCall {
  readonly kind: 'picture';
  readonly data: string;
  readonly index: number;
  readonly storeAccess: StoreAccess;
}

export type SearchThreadCall = FeaturesCall | ProgressCall | SearchCall | PictureCall;

export interface Failed {
  readonly failed: WireError;
}

export interface SearchThreadResults {
  readonly features: FeaturesProgress | Failed;
  readonly progress: FeaturesProgress | Failed;
  readonly search: ImageSearch | Failed;
  /** `webp`: the file. */
  readonly picture: { readonly webp: Uint8Array } | Failed;
}
