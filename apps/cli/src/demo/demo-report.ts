import { isZeroShot } from '#protocol/run/evaluation-result.js';
import { availableParallelism, cpus } from 'node:os';
import type { Licence } from '#data/dataset/dataset-manifest.js';
import type { Dataset } from '#data/dataset/dataset.js';
import type { StoredModel } from '#inference/checkpoint-model.js';
import { predictionGallery } from '#inference/prediction-gallery.js';
import type { ZeroShotEvaluation } from '#inference/zero-shot-evaluation.js';
import type { Gallery, Report, ReportSearch } from '#report/report.js';
import { batchOf } from '#report/run-facts.js';
import { thumbnail } from '#report/picture/thumbnail.js';
import { textSearch } from '#report/search/text-search.js';
import type { EndedRun } from '../run/follow-run.js';
import { svgAddress, type Drawings } from './demo-drawings.js';
import { evaluationNote, evaluationTitle, searchWords, summary, trainingNote } from './demo-words.js';

/** An evaluation and the data set it was run on. */
export interface Evaluated {
  readonly dataset: Dataset;
  readonly evaluation: ZeroShotEvaluation;
  /** Of the predictions' images, in their order: [n, d] in all. */
  readonly embeddings: readonly Float32Array[];
}

export interface DemoReportParts {
  readonly run: EndedRun;
  readonly model: StoredModel;
  /** The held-out style first. */
  readonly evaluated: readonly Evaluated[];
  readonly drawings: Drawings;
  readonly trainLicences: readonly Licence[];
}

/** Images shown of those the model got right, and of those it got wrong. */
const tilesOfAKind = 9;
const seed = 1;

/** The report of a demo that has ended. */
export async function demoReport(parts: DemoReportParts): Promise<Report> {
  const { run, evaluated, trainLicences } = parts;
  const { status, metrics } = run;
  const search = await searchOf(parts);
  const licences = [...evaluated.flatMap(({ dataset }) => dataset.licences), ...trainLicences];
  return {
    title: 'Tandem demo: a CLIP trained on emoji',
    summary: summary(status.derived?.trainPairs ?? 0),
    run: status,
    metrics,
    trainingNote: trainingNote(batchOf({ run: status }) ?? 0),
    evaluations: evaluated.map(({ evaluation: { result } }) => ({
      heading: evaluationTitle(result.name),
      note: evaluationNote(result.name),
      results: status.evaluations.filter(isZeroShot).filter(({ name }) => name === result.name),
    })),
    ...(search ? { search } : {}),
    galleries: await Promise.all(evaluated.map((one) => galleryOf(one, parts.drawings))),
    environment: [
      { name: 'CPU', value: cpus()[0]?.model.trim() ?? 'unknown' },
      { name: 'threads', value: String(availableParallelism()) },
      { name: 'Node', value: process.version },
      { name: 'system', value: `${process.platform} ${process.arch}` },
    ],
    licences: [...new Map(licences.map((licence) => [JSON.stringify(licence), licence])).values()],
  };
}

function galleryOf({ dataset, evaluation }: Evaluated, drawings: Drawings): Promise<Gallery> {
  return predictionGallery(dataset, evaluation, {
    heading: evaluationTitle(evaluation.result.name),
    right: tilesOfAKind,
    wrong: tilesOfAKind,
    seed,
    imageOf: drawings,
  });
}

/** A search among the drawings of the first evaluation, which is that of the held-out style. */
async function searchOf({ model, evaluated: [heldOut], drawings }: DemoReportParts): Promise<ReportSearch | undefined> {
  if (!heldOut) return undefined;
  const { dataset, evaluation, embeddings } = heldOut;
  const images = await Promise.all(
    evaluation.predictions.map(async ({ index, key, truth }) => {
      const svg = drawings(key);
      const source = svg ? svgAddress(svg) : await thumbnail((await dataset.sample(index)).image, 96, 'webp');
      return { label: truth, source: source ?? '' };
    }),
  );
  return { ...searchWords(images.length), search: textSearch(model, images, joined(embeddings)) };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
