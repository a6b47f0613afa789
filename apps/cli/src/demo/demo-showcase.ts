import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import type { Licence } from '#data/dataset/dataset-manifest.js';
import { openDataset, type Dataset } from '#data/dataset/dataset.js';
import { openDevice } from '#engine/run/open-device.js';
import { openCheckpointAt } from '#inference/checkpoint-model.js';
import { predictionGallery } from '#inference/prediction-gallery.js';
import { evaluateZeroShot, type ZeroShotEvaluation } from '#inference/zero-shot-evaluation.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { whole } from '#report/figures.js';
import type { Report } from '#report/report.js';
import { writeReport } from '#report/write-report.js';
import { openStore } from '#store/open-store.js';
import type { EndedRun } from '../run/follow-run.js';
import { lastEvaluation } from './demo-result.js';
import type { DemoFolder } from './demo-folder.js';

/** What the demo shows at its end: a report, and an image to try the model on. */
export interface Showcase {
  readonly page: string;
  readonly picture: string;
  /** The file of a held-out image, if possible one that the model classifies correctly, and labels to choose from. */
  readonly example: { readonly image: string; readonly truth: string; readonly labels: readonly string[] };
}

/** Images shown of those the model got right, and of those it got wrong. */
const tilesOfAKind = 9;
const seed = 1;

/** Classify every image of both evaluations with the trained model; write the report and an example image. */
export async function writeShowcase(run: EndedRun, folder: DemoFolder): Promise<Showcase> {
  const config = run.status.config as RunConfig;
  const device = await openDevice({ kind: 'auto', threads: availableParallelism() });
  const cache = openStore(join(folder.out, 'text-embeddings'));
  try {
    const model = await openCheckpointAt(folder.checkpoint, { device });
    const evaluated: Evaluated[] = [];
    for (const { name, data, templates } of config.evaluation.zeroShot) {
      const dataset = await openDataset(openStore(data));
      const evaluation = await evaluateZeroShot(model, dataset, { name, templates, step: model.step, cache });
      evaluated.push({ dataset, evaluation });
    }
    await model.close();
    const { licences: trainLicences } = await openDataset(openStore(config.data.train));
    const written = await writeReport(folder.report, await reportOf(run, evaluated, trainLicences));
    return { ...written, example: await writeExample(evaluated, folder) };
  } finally {
    await cache.close();
    await device.close();
  }
}

/** An evaluation and the data set it was run on. */
interface Evaluated {
  readonly dataset: Dataset;
  readonly evaluation: ZeroShotEvaluation;
}

const words: Readonly<Record<string, { readonly heading: string; readonly note: string }>> = {
  'held-out': {
    heading: 'OpenMoji, a style never seen',
    note: 'Every drawing of the held-out style, classified among all emoji by text alone.',
  },
  seen: { heading: 'Twemoji, a style seen in training', note: 'The same task on drawings the model was trained on.' },
};

async function reportOf(
  run: EndedRun,
  evaluated: readonly Evaluated[],
  trainLicences: readonly Licence[],
): Promise<Report> {
  const { status, metrics } = run;
  const wordsOf = (name: string): { readonly heading: string; readonly note: string } =>
    words[name] ?? { heading: name, note: '' };
  const galleries = await Promise.all(
    evaluated.map(({ dataset, evaluation }) =>
      predictionGallery(dataset, evaluation, {
        heading: wordsOf(evaluation.result.name).heading,
        right: tilesOfAKind,
        wrong: tilesOfAKind,
        seed,
      }),
    ),
  );
  const licences = new Map(
    [...evaluated.flatMap(({ dataset }) => dataset.licences), ...trainLicences].map((licence) => [
      JSON.stringify(licence),
      licence,
    ]),
  );
  return {
    title: 'Tandem demo: a CLIP trained on emoji',
    summary:
      `Trained from scratch on ${whole(status.derived?.trainPairs ?? 0)} pairs of ` +
      'drawings and captions, on this machine, then asked to name drawings in a style it has never ' +
      'seen.',
    run: status,
    metrics,
    evaluations: evaluated.map(({ evaluation: { result } }) => ({
      ...wordsOf(result.name),
      results: [lastEvaluation(run, result.name)],
    })),
    galleries,
    environment: [
      { name: 'CPU', value: cpus()[0]?.model.trim() ?? 'unknown' },
      { name: 'threads', value: String(availableParallelism()) },
      { name: 'Node', value: process.version },
      { name: 'system', value: `${process.platform} ${process.arch}` },
    ],
    licences: [...licences.values()],
  };
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
