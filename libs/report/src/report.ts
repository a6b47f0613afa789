import type { ZeroShotResult } from '#protocol/run/evaluation-result.js';
import type { RunStatus, StepMetrics } from '#protocol/run/run-status.js';
import type { TextSearch } from './search/text-search.js';

/** Everything a report shows, as plain data. */
export interface Report {
  readonly title: string;
  /** A sentence or two under the title: what was trained, on what. */
  readonly summary: string;
  readonly run: RunStatus;
  /** One entry per committed step, in order. */
  readonly metrics: readonly StepMetrics[];
  /** What the curves of the training mean, in a sentence or two. */
  readonly trainingNote?: string;
  /** Most important first: the first one is the headline. */
  readonly evaluations: readonly ReportEvaluation[];
  /** Lets the reader of the page search for images by a text; the picture leaves it out. */
  readonly search?: ReportSearch;
  /** In the order they are shown. The first one is also in the picture. */
  readonly galleries: readonly Gallery[];
  /** The machine it ran on: CPU, threads, versions. */
  readonly environment: readonly Fact[];
  readonly licences: readonly Licence[];
}

/** A zero-shot evaluation and its heading. */
export interface ReportEvaluation {
  /** For example `Held-out style: OpenMoji`. */
  readonly heading: string;
  readonly note: string;
  /** One result for each time it was run, by step. The last one is the outcome. Not empty. */
  readonly results: readonly ZeroShotResult[];
}

/** A search by a text that the reader types. */
export interface ReportSearch {
  readonly heading: string;
  readonly note: string;
  /** Texts to begin with. The first one is asked when the page opens. */
  readonly examples: readonly string[];
  readonly search: TextSearch;
}

/** A grid of images with the model's predictions for each. */
export interface Gallery {
  readonly heading: string;
  /** How these images were chosen, in a sentence. */
  readonly note: string;
  readonly tiles: readonly Tile[];
}

export interface Tile {
  readonly key: string;
  /** An image file in a format sharp reads. */
  readonly image: Uint8Array;
  readonly truth: string;
  /** Rank of the true class among all classes; 1 is best. */
  readonly rank: number;
  /** Most probable first; the first three are shown. */
  readonly best: readonly Guess[];
}

export interface Guess {
  readonly label: string;
  readonly probability: number;
}

export interface Fact {
  readonly name: string;
  readonly value: string;
}

export interface Licence {
  /** What the licence covers: a data set, an image set, a text source. */
  readonly source: string;
  readonly licence: string;
  readonly url?: string | undefined;
}

/** The result of an evaluation after the last step it was run at. */
export function finalResult(evaluation: ReportEvaluation): ZeroShotResult {
  const result = evaluation.results.at(-1);
  if (!result) throw new RangeError(`evaluation '${evaluation.heading}': expected at least one result, got none`);
  return result;
}

/** An accuracy and what guessing would give. */
export interface Score {
  readonly name: 'top-1' | 'top-5';
  readonly share: number;
  readonly chance: number;
}

/** Top-1 and top-5 accuracy. Guessing gives 1/classes and 5/classes. */
export function scoresOf({
  top1,
  top5,
  classes,
  chance,
}: Pick<ZeroShotResult, 'top1' | 'top5' | 'classes' | 'chance'>): readonly [Score, Score] {
  return [
    { name: 'top-1', share: top1, chance },
    { name: 'top-5', share: top5, chance: Math.min(1, 5 / classes) },
  ];
}
