import type { Tokenizer } from '#data/text/tokenizer.js';
import { usualEpsilon } from '#model/layers/layer-norm.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import type { Float32Tensor } from '#store/safetensors/safetensors.js';
import { imageRows, type SearchDocument, type SearchImage } from './browser/search-document.js';

/** A trained text tower, and images that the page finds with it by itself. */
export interface TextSearch {
  readonly document: SearchDocument;
  /** The text tower's parameters, and the images' embeddings. */
  readonly tensors: Readonly<Record<string, Float32Tensor>>;
}

export interface TextSearchModel {
  readonly config: ClipConfig;
  /** Under open_clip's names. */
  readonly parameters: Readonly<Record<string, Float32Array>>;
  readonly tokenizer: Pick<Tokenizer, 'document'>;
}

/** A search with a model's text tower among images with these embeddings [n, d], rows of unit length. */
export function textSearch(
  { config, parameters, tokenizer }: TextSearchModel,
  images: readonly SearchImage[],
  embeddings: Float32Array,
): TextSearch {
  const { text_cfg: text, embed_dim: d } = config;
  if (embeddings.length !== images.length * d)
    throw new RangeError(`text search: expected [${images.length}, ${d}] embeddings, got ${embeddings.length} values`);
  const specs = parameterSpecs(config).filter(({ tower }) => tower === 'text');
  // The end token of a run's tokenizer has the highest id, and a run refuses a model with another.
  const pool = text.pool_type ?? 'argmax';
  return {
    document: {
      tower: {
        layers: text.layers,
        heads: text.heads,
        causal: !text.no_causal_mask,
        read: pool === 'eos' ? 'argmax' : pool,
        activation: config.quick_gelu ? 'quickGelu' : 'gelu',
        epsilon: text.norm_kwargs?.eps ?? usualEpsilon,
      },
      tokenizer: {
        merges: tokenizer.document.merges,
        vocabulary: tokenizer.document.vocabulary,
        contextLength: text.context_length,
      },
      images,
    },
    tensors: {
      ...Object.fromEntries(specs.map(({ name, shape }) => [name, { shape, data: parameters[name]! }])),
      [imageRows]: { shape: [images.length, d], data: embeddings },
    },
  };
}
