import type { EvaluationReport, FoundImage } from '#report/evaluation-report.js';
import { whole } from '#report/figures.js';
import type { Licence } from '#report/report.js';
import { dataFact, modelFacts, type EvaluatedData, type EvaluatedModel } from './evaluated.js';

export interface SearchResult {
  readonly kind: 'search';
  readonly model: EvaluatedModel;
  readonly data: EvaluatedData;
  readonly queries: readonly SearchedQuery[];
}

export interface SearchedQuery {
  /** The text, or the path of the image. */
  readonly query: string;
  readonly by: 'text' | 'image';
  /** Nearest first. */
  readonly found: readonly SearchedImage[];
}

export type SearchedImage = Required<Omit<FoundImage, 'image'>> & { readonly index: number };

/** `images` are the files of what was found, by their index in the data set. */
export function searchReport(
  result: SearchResult,
  images: ReadonlyMap<number, Uint8Array>,
  licences: readonly Licence[],
): EvaluationReport {
  const { data, queries, model } = result;
  return {
    title: `Search: ${data.name}`,
    summary:
      `The nearest of ${whole(data.images)} images by the embeddings of ${model.name}. The ` + `number is the cosine.`,
    facts: [...modelFacts(model), dataFact('images', data)],
    remarks: [],
    charts: [],
    tables: [
      {
        name: 'found',
        heading: 'Found',
        columns: ['query', 'place', 'image', 'similarity', 'caption'],
        rows: queries.flatMap(({ query, found }) =>
          found.map(({ key, similarity, caption }, at) => [query, at + 1, key, similarity, caption]),
        ),
      },
    ],
    galleries: [],
    found: queries.map(({ query, by, found }) => ({
      heading: by === 'text' ? `“${query}”` : `Like ${query}`,
      note: `The ${found.length} nearest, nearest first.`,
      images: found.map((one) => ({ ...one, image: images.get(one.index) ?? new Uint8Array() })),
    })),
    licences,
  };
}
