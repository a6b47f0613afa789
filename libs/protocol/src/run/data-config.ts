import { z } from 'zod';
import type { Problem } from '../tandem-error.js';

const positive = z.number().positive();
const fraction = z.number().min(0).max(1);
const range01 = z.tuple([positive.max(1), positive.max(1)]);
/** A path or a URL. None is ever longer. */
const place = z.string().min(1).max(4096);
/** Every worker opens all of them. */
const sourcesMax = 64;

/** The training data of a run: where they are, how pairs are drawn, and how images are changed. */
export const dataSchema = z.strictObject({
  train: z
    .union([
      place,
      z
        .array(
          z.strictObject({
            data: place.describe('One of several data sets.'),
            weight: positive
              .max(1e6)
              .optional()
              .describe(
                'With weights, every batch holds pairs of each data set in this proportion, and each has epochs of ' +
                  'its own. Without any, the data sets are as one: every pair is drawn equally often.',
              ),
          }),
        )
        .min(1)
        .max(sourcesMax),
    ])
    .describe(
      'The training data set, made by `tandem dataset prepare`: a directory, or a file: or s3: URL; or a list of them.',
    ),
  share: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe(
      'Train on this share of each data set only: of its groups if it has any, which are whole, else of its pairs. ' +
        '`seed` decides which; a smaller share is part of a larger one.',
    ),
  sampling: z
    .enum(['pairs', 'groups', 'blocks', 'resampled'])
    .default('pairs')
    .describe(
      'pairs: an epoch visits every pair once, in random order. groups: an epoch visits every group (pairs that ' +
        'share a `group` key) once and draws one of its pairs at random, so a batch never holds two ' +
        'pairs of the same group; groups left over after the last full batch sit that epoch out. blocks: as pairs, ' +
        'but a batch is drawn from a few tar files, chosen at random: for data sets that are too large to be read ' +
        'in any order. resampled: each pair is drawn at random, whatever was drawn before.',
    ),
  blockPairs: z
    .int()
    .min(1)
    .max(100_000_000)
    .default(65_536)
    .describe(
      'With sampling: blocks. A batch is drawn from as many tar files as hold this many pairs. More mix better; ' +
        'fewer are read and kept at a time.',
    ),
  captionTooLong: z
    .enum(['truncate', 'skip'])
    .default('truncate')
    .describe(
      'What to do with a caption of more than context_length tokens: cut it off, or replace the ' + 'pair by another.',
    ),
  augmentation: z
    .strictObject({
      scale: range01
        .default([0.9, 1])
        .describe('Smallest and largest area of the random crop, as a share of the image.'),
      ratio: z
        .tuple([positive, positive])
        .default([0.75, 4 / 3])
        .describe('Smallest and largest aspect ratio of the random crop, width over height.'),
      rotateDegrees: z
        .number()
        .min(0)
        .max(180)
        .default(0)
        .describe('Rotate by a random angle of at most this many degrees either way.'),
      colorJitter: fraction
        .default(0)
        .describe(
          'Change brightness and saturation by a random share of at most this, and hue by at most this ' +
            'share of a quarter turn.',
        ),
      grayscale: fraction.default(0).describe('Probability that an image is made grey.'),
      flip: fraction.default(0).describe('Probability that an image is mirrored left to right. CLIP uses 0.'),
    })
    .prefault({}),
});

export type DataConfig = z.output<typeof dataSchema>;

/** A data set to train on, and its share of each batch, as a proportion. */
export interface TrainSource {
  readonly data: string;
  readonly weight?: number | undefined;
}

/** The data sets that a run trains on. */
export function trainSources({ train }: Pick<DataConfig, 'train'>): readonly TrainSource[] {
  return typeof train === 'string' ? [{ data: train }] : train;
}

/** What no schema says of the training data. */
export function dataProblems({ data, batch }: { readonly data: DataConfig; readonly batch: number }): Problem[] {
  const sources = trainSources(data);
  const without = sources.findIndex(({ weight }) => weight === undefined);
  if (sources.every(({ weight }) => weight === undefined)) return [];
  if (without >= 0)
    return [{ path: `data.train.${without}.weight`, message: 'expected a weight for every data set or for none' }];
  if (data.sampling === 'groups') {
    const message = 'expected pairs, blocks or resampled for data sets with weights, got groups';
    return [{ path: 'data.sampling', message }];
  }
  // With fewer pairs a batch could not hold its share of each to within a pair.
  if (sources.length ** 2 <= batch) return [];
  const most = Math.floor(Math.sqrt(batch));
  const message = `expected at most ${most} data sets with weights, √batch, got ${sources.length}`;
  return [{ path: 'data.train', message }];
}
