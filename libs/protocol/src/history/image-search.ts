import { z } from 'zod';

const dataSetSchema = z.strictObject({
  place: z.string().describe('Where the run document names it, such as `data.train`: what other calls take as `data`.'),
  url: z.string(),
});

/** Response of GET /v1/runs/:id/data-sets: each once, however often the document names it. */
export const dataSetListSchema = z.strictObject({ dataSets: z.array(dataSetSchema) });
export type DataSetList = z.infer<typeof dataSetListSchema>;

/** Response of POST and GET /v1/runs/:id/features. */
export const featuresProgressSchema = z.strictObject({
  state: z
    .enum(['none', 'computing', 'complete'])
    .describe('`none`: nobody has asked for them lately. They may be in the store all the same; a search shows it.'),
  done: z.int().describe('Images whose features are there.'),
  images: z.int().describe('Images of the data set.'),
});
export type FeaturesProgress = z.infer<typeof featuresProgressSchema>;

const foundImageSchema = z.strictObject({
  index: z.int().describe('Its place in the data set: GET /v1/runs/:id/picture shows it.'),
  key: z.string(),
  caption: z.string(),
  similarity: z.number().describe('Cosine of the angle between its embedding and that of what was searched for.'),
});

/** Response of POST /v1/runs/:id/search. */
export const imageSearchSchema = z.strictObject({
  checkpoint: z.string().describe('URL of the checkpoint.'),
  step: z.int().describe('Number of committed steps of the checkpoint.'),
  data: z.strictObject({
    name: z.string(),
    images: z.int().describe('Images that were searched.'),
    skipped: z.int().describe('Images that cannot be read.'),
  }),
  found: z.array(foundImageSchema).describe('Nearest first.'),
});
export type ImageSearch = z.infer<typeof imageSearchSchema>;
