/**
 * Rows of unit length of all pairs, [N, d] each: row i of both belongs to pair i. In shared memory they are read in
 * place, else copied there first.
 */
export interface Embeddings {
  readonly images: Float32Array;
  readonly texts: Float32Array;
  /**
   * A number of each pair's caption [N], below N, the same for the same caption: read by a loss that leaves such pairs
   * out.
   */
  readonly captionIds?: Int32Array;
  /** The same of its image. */
  readonly imageIds?: Int32Array;
}

/** The loss's own parameters, under their names. */
export interface LossParameters {
  /** ln s, the logarithm of the similarities' factor. */
  readonly logit_scale: number;
  /** b, added to every logit, where the model has one. */
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
   * ∂loss/∂ the loss's own parameters: of logit_scale with respect to the logarithm. What is left out has gradient 0.
   */
  readonly lossGradients: LossParameters;
}

export type EmbeddingGradients = Pick<ContrastiveResult, 'imageGradients' | 'textGradients'>;

export interface ContrastiveLoss {
  run(embeddings: Embeddings, parameters: LossParameters): Promise<ContrastiveResult>;
  dispose(): Promise<void>;
}

/** The batch that a loss is opened for. */
export interface BatchShape {
  /** N */
  readonly batch: number;
  /** d */
  readonly width: number;
  /** Largest side of a tile, in pairs. */
  readonly tile?: number;
}
