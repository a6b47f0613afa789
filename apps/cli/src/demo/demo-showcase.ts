import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { openDataset } from '#data/dataset/dataset.js';
import { openTrainingDataset } from '#data/dataset/training-dataset.js';
import { openDevice } from '#engine/run/open-device.js';
import { readCheckpointAt } from '#inference/checkpoint-model.js';
import { openClipModel } from '#inference/clip-model.js';
import { evaluateZeroShot } from '#inference/zero-shot-evaluation.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { writeReport } from '#report/write-report.js';
import { openStore } from '#store/open-store.js';
import type { EndedRun } from '../run/follow-run.js';
import { readDrawings } from './demo-drawings.js';
import type { DemoFolder } from './demo-folder.js';
import { demoReport, type Evaluated } from './demo-report.js';

/** What the demo shows at its end: a report, and an image to try the model on. */
export interface Showcase {
  readonly page: string;
  readonly picture: string;
  /** The file of a held-out image, if possible one that the model classifies correctly, and labels to choose from. */
  readonly example: { readonly image: string; readonly truth: string; readonly labels: readonly string[] };
}

/** Classify every image of both evaluations with the trained model; write the report and an example image. */
export async function writeShowcase(run: EndedRun, folder: DemoFolder): Promise<Showcase> {
  const config = run.status.config as RunConfig;
  const device = await openDevice({ kind: 'auto', threads: availableParallelism() });
  const cache = openStore(join(folder.out, 'text-embeddings'));
  try {
    const stored = await readCheckpointAt(folder.checkpoint);
    const model = await openClipModel({ ...stored, device });
    const evaluated: Evaluated[] = [];
    for (const { name, data, templates } of config.evaluation.zeroShot) {
      const dataset = await openDataset(openStore(data));
      const embeddings: Float32Array[] = [];
      const onEmbedded = (rows: Float32Array): void => void embeddings.push(rows);
      const options = { name, templates, step: stored.step, cache, onEmbedded };
      evaluated.push({ dataset, evaluation: await evaluateZeroShot(model, dataset, options), embeddings });
    }
    await model.close();
    const { licences: trainLicences } = await openTrainingDataset(config, openStore);
    const parts = { run, model: stored, evaluated, drawings: await readDrawings(), trainLicences };
    const written = await writeReport(folder.report, await demoReport(parts));
    return { ...written, example: await writeExample(evaluated, folder) };
  } finally {
    await cache.close();
    await device.close();
  }
}

/** The held-out image that the model classifies correctly with most confidence; the first one if all are wrong. */
async function writeExample(evaluated: readonly Evaluated[], { out }: DemoFolder): Promise<Showcase['example']> {
  const [first] = evaluated;
  if (!first) throw new RangeError('expected an evaluation to take the example from');
  const surest = first.evaluation.predictions
    .filter(({ rank, truth }) => rank === 1 && !truth.includes(','))
    .toSorted((a, b) => (b.best[0]?.probability ?? 0) - (a.best[0]?.probability ?? 0))[0];
  const chosen = surest ?? first.evaluation.predictions[0];
  if (!chosen) throw new RangeError('expected at least one prediction');
  const { image } = await first.dataset.sample(chosen.index);
  const path = join(out, 'example.png');
  await writeFile(path, image);
  return { image: path, truth: chosen.truth, labels: labelsAround(chosen.truth, first.dataset.groups?.names ?? []) };
}

const otherLabels = 4;

/** The true label among others spread over the list. Names with a comma are left out: they would read as two labels. */
function labelsAround(truth: string, names: readonly string[]): string[] {
  const others = names.filter((name) => !name.includes(',') && name !== truth);
  const spread = Array.from(
    { length: otherLabels },
    (_, place) => others[Math.floor(((place + 0.5) * others.length) / otherLabels)],
  );
  return [...new Set([truth, ...spread.filter((name) => name !== undefined)])].sort();
}
