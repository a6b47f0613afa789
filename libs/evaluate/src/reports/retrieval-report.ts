import type { EvaluationReport } from '#report/evaluation-report.js';
import { percent, significant, whole } from '#report/figures.js';
import type { Licence } from '#report/report.js';
import { recallPlaces, type Recall } from '../retrieval/retrieval.js';
import { dataFact, modelFacts, type EvaluatedData, type EvaluatedModel } from './evaluated.js';

export interface RetrievalResult {
  readonly kind: 'retrieval';
  readonly model: EvaluatedModel;
  readonly data: EvaluatedData;
  readonly captions: number;
  /** Captions that another image has too, word for word. */
  readonly sharedCaptions: number;
  readonly imagesWithoutCaption: number;
  /** Of the captions of an image, the best counts. */
  readonly textOfImage: Recall;
  readonly imageOfText: Recall;
}

export function retrievalReport(
  result: RetrievalResult,
  ranks: { readonly images: readonly (readonly [key: string, rank: number])[] },
  licences: readonly Licence[],
): EvaluationReport {
  return {
    title: `Retrieval: ${result.data.name}`,
    summary: retrievalSummary(result),
    facts: [
      ...modelFacts(result.model),
      dataFact('images', result.data),
      { name: 'captions', value: whole(result.captions) },
    ],
    remarks: retrievalRemarks(result),
    charts: [],
    tables: [
      {
        name: 'recall',
        heading: 'Recall',
        columns: ['asked for', ...recallPlaces.map((k) => `R@${k}`), 'median rank'],
        rows: recallRows(result),
      },
      {
        name: 'images',
        heading: 'Rank of the best caption of each image',
        columns: ['image', 'rank'],
        rows: ranks.images.map(([key, rank]) => [key, rank]),
      },
    ],
    galleries: [],
    found: [],
    licences,
  };
}

export function recallRows({ textOfImage, imageOfText }: RetrievalResult): (string | number)[][] {
  const row = (name: string, { at, medianRank }: Recall): (string | number)[] => [
    name,
    ...recallPlaces.map((k) => at[k]!),
    medianRank,
  ];
  return [row('text of an image', textOfImage), row('image of a text', imageOfText)];
}

export function retrievalSummary({ model, data, captions, textOfImage, imageOfText }: RetrievalResult): string {
  return (
    `Among ${whole(captions)} captions, ${model.name} finds one of an image's own first for ` +
    `${percent(textOfImage.at[1]!)} ` +
    `of the ${whole(data.images)} images of ${data.name}; among the images, that of a caption for ` +
    `${percent(imageOfText.at[1]!)} (median ranks ${significant(textOfImage.medianRank)} and ` +
    `${significant(imageOfText.medianRank)}).`
  );
}

export function retrievalRemarks({ sharedCaptions, imagesWithoutCaption, captions }: RetrievalResult): string[] {
  return [
    ...(sharedCaptions > 0
      ? [
          `${whole(sharedCaptions)} of the ${whole(captions)} captions belong to several images, ` +
            `word for word: another ` +
            'of these images counts as wrong, and of equal similarities the image that comes first ranks first.',
        ]
      : []),
    ...(imagesWithoutCaption > 0
      ? [`${whole(imagesWithoutCaption)} images have no caption: they are among the answers, and ask nothing.`]
      : []),
  ];
}
