import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ClipConfigInput, RunConfigInput } from '#protocol/run/run-config.js';

export const sizes = ['small', 'medium', 'large'] as const;
export type Size = (typeof sizes)[number];

interface PaperTraining {
  /** The curated data set. */
  readonly data: string;
  readonly heldOut: string;
  readonly heldOutNames: string;
  readonly steps: number;
  readonly batch: number;
}

/** Prompts like the captions of the drawings, which name their category. */
export const paperTemplates = ['an emoji from {object}', '{object}'] as const;

/** The evaluation that accuracy against data is drawn of: the held-out style by the names of its emoji. */
export const namesEvaluation = 'names in the held-out style';

const towers: Readonly<Record<Size, { readonly width: number; readonly layers: number; readonly text: number }>> = {
  small: { width: 64, layers: 2, text: 2 },
  medium: { width: 128, layers: 3, text: 2 },
  large: { width: 192, layers: 5, text: 2 },
};

/** Writes a run document for each size of the model, and returns its path. */
export async function writeDocuments(folder: string, training: PaperTraining): Promise<Record<Size, string>> {
  const paths = Object.fromEntries(sizes.map((size) => [size, join(folder, `${size}.yaml`)])) as Record<Size, string>;
  for (const size of sizes) await writeFile(paths[size], stringify(documentOf(size, training)));
  return paths;
}

function documentOf(size: Size, { data, heldOut, heldOutNames, steps, batch }: PaperTraining): RunConfigInput {
  return {
    name: size,
    seed: 1,
    model: modelOf(size),
    tokenizer: { kind: 'bpe', vocabulary: 1024 },
    data: {
      train: data,
      // No two pairs of a batch show the same emoji. The smallest share of the data has 120 of them.
      sampling: 'groups',
      augmentation: { scale: [0.75, 1], ratio: [0.9, 1.1], colorJitter: 0.2, grayscale: 0.1 },
    },
    ...{ batch, shards: 4, steps },
    optimizer: { learningRate: 2e-3, weightDecay: 0.1, beta2: 0.95, clipNorm: 1 },
    schedule: { warmupSteps: Math.floor(steps / 10) },
    evaluation: {
      zeroShot: [
        { name: namesEvaluation, data: heldOutNames, templates: ['{}', 'an emoji of {}', 'a drawing of {}'] },
        {
          ...{ name: 'categories in the held-out style', data: heldOut },
          templates: paperTemplates.map((one) => one.replace('{object}', '{}')),
        },
      ],
    },
    checkpoint: { everySteps: steps, keep: 1 },
  };
}

function modelOf(size: Size): ClipConfigInput {
  const { width, layers, text } = towers[size];
  return {
    embed_dim: width,
    quick_gelu: true,
    vision_cfg: { image_size: 32, patch_size: 8, width, layers, head_width: 32 },
    text_cfg: { context_length: 12, vocab_size: 1024, width, heads: width / 32, layers: text },
  };
}
