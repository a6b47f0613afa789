import { openCaptionTokenizer } from './caption-tokens.js';
import { imageRows, type SearchDocument, type SearchImage } from './search-document.js';
import { embedTokens } from './text-tower.js';

export interface NearestImages {
  /** Nearest first. */
  readonly images: readonly (SearchImage & { readonly similarity: number })[];
  /** True where the text was too long, and only its beginning was read. */
  readonly cut: boolean;
}

/** A search for the `count` images whose embeddings have the highest cosine similarity to that of a text. */
export function openImageSearch(
  { tower, tokenizer, images }: SearchDocument,
  tensors: Readonly<Record<string, Float32Array>>,
): (text: string, count: number) => NearestImages {
  const { tokens: tokensOf } = openCaptionTokenizer(tokenizer);
  const rows = tensors[imageRows]!;
  return (text, count) => {
    const { tokens, cut } = tokensOf(text);
    const embedding = embedTokens({ ...tower, tensors }, tokens);
    const found = images.map((image, index) => ({ ...image, similarity: dotWithRow(embedding, rows, index) }));
    return { images: found.sort((a, b) => b.similarity - a.similarity).slice(0, count), cut };
  };
}

function dotWithRow(vector: Float32Array, rows: Float32Array, index: number): number {
  const from = index * vector.length;
  return vector.reduce((sum, value, i) => sum + value * rows[from + i]!, 0);
}
