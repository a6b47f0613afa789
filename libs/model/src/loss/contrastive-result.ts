/**
 * The embeddings of all pairs, [N, d] each, rows of unit length: row i of both belongs to pair i. Values in shared
 * memory are read in place; others are copied there first.
 */
export interface Embeddings {
  readonly images: Float32Array;
  readonly texts: Float32Array;
  /**
   * A number below N for each pair's caption, [N]; equal captions have equal numbers. A loss that leaves out pairs with
   * the same caption reads it.
   */
  readonly captionIds?: Int32Array;
  /** A number below N for each pair's image, [N]; equal images have equal numbers. */
  readonly imageIds?: Int32Array;
}

/** The loss's own parameters, by name. */
export interface LossParameters {
  /** ln s, the logarithm of the factor of the similarities. */
  readonly logit_scale: number;
  /** β, added to every logit, where the model has one. */
  readonly logit_bias?: number;
}

export interface ContrastiveResult {
  /** Mean over the N pairs. */
  readonly loss: number;
  /** Share of the N rows and N columns whose positive has a larger logit than every other candidate. */
  readonly accuracy: number;
  /** ∂loss/∂images [N, d], in shared memory. */
  readonly imageGradients: Float32Array;
  /** ∂loss/∂texts [N, d], in shared memory. */
  readonly textGradients: Float32Array;
  /**
   * Gradients of the loss with respect to its own parameters, to logit_scale itself (not to s). A parameter that is
   * left out has gradient 0.
   */
  readonly lossGradients: LossParameters;
}

export type EmbeddingGradients = Pick<ContrastiveResult, 'imageGradients' | 'textGradients'>;

export interface ContrastiveLoss {
  run(embeddings: Embeddings, parameters: LossParameters): Promise<ContrastiveResult>;
  dispose(): Promise<void>;
}

/** The shape of the batches that a loss is compiled for. */
export interface BatchShape {
  /** N */
  readonly batch: number;
  /** d */
  readonly width: number;
  /** Largest side of a tile, in pairs. */
  readonly tile?: number;
}
