import { percent, unbroken, whole } from '#report/figures.js';
import type { ReportSearch } from '#report/report.js';
import type { EvaluationResult } from '#protocol/run/evaluation-result.js';
import type { StepMetrics } from '#protocol/run/run-status.js';

/*
 * What the demo tells a reader who has never seen CLIP: in the terminal while it runs, each sentence at its moment, and
 * in the report.
 */

/** The names and headings of the evaluations in demo/run.yaml. */
const styles: Readonly<Record<string, { readonly title: string; readonly note: string }>> = {
  'held-out': {
    title: 'OpenMoji, a style never seen',
    note:
      'Each drawing is compared with the names of all emoji, given as text. Top-1: the right name is the most ' +
      'similar of all; top-5: it is among the five most similar.',
  },
  seen: {
    title: 'Twemoji, a style seen in training',
    note: 'The same with drawings that the model was trained on: what it remembers.',
  },
};

export function evaluationTitle(name: string): string {
  return styles[name]?.title ?? name;
}

export function evaluationNote(name: string): string {
  return styles[name]?.note ?? '';
}

/** Said of the data: what a pair is, and why a style is held out. */
export const pairsText =
  'A pair is a drawing and its caption. OpenMoji is kept out of the training: only drawings it has never seen show ' +
  'whether the model knows what a cat looks like, or just remembers the cats it was shown.';

/** Said when the training begins: what a step is, and what its loss means. */
export function stepText(batch: number): string {
  return (
    `A step shows the model ${batch} drawings and their ${batch} captions, and it has to say which belong together. ` +
    'Then every number in it moves a little towards a better answer. The loss says how wrong it was: ' +
    `${guessingText(batch)} is guessing among ${batch}, 0 is being right and sure of it.`
  );
}

/** Said when the model was tested on the held-out style; undefined for other tests, which the report shows. */
export function testText(result: EvaluationResult, metrics: readonly StepMetrics[]): string | undefined {
  if (result.kind !== 'zero-shot' || result.name !== 'held-out') return undefined;
  const { step, top1, chance } = result;
  const loss = metrics.find((one) => one.step === step)?.loss;
  const unsure =
    loss === undefined ? '' : `loss ${loss.toFixed(2)}, as unsure as guessing among ${whole(Math.exp(loss))}; `;
  return `tested at step ${step}: ${unsure}names ${percent(top1)} of OpenMoji (guessing ${percent(chance)})`;
}

/** Said of the figures at the end. */
export function outcomeText(classes: number): string {
  return (
    `Top-1: of all ${whole(classes)} names, the right one is the most similar to the drawing; top-5: it is among the ` +
    'five most similar. Zero-shot: nobody gave it examples to name, only the names as text. The first line is what ' +
    'it has understood, the second also what it remembers.'
  );
}

/** Under the title of the report. */
export function summary(pairs: number): string {
  return (
    `Trained from random numbers on ${whole(pairs)} pairs of drawings and captions, on this machine, then asked to ` +
    'name drawings in a style it has never seen.'
  );
}

/** Over the curves of the report. */
export function trainingNote(batch: number): string {
  return (
    `Each step shows the model ${batch} drawings and their captions, and it has to say which belong together. A loss ` +
    `of ${guessingText(batch)} is guessing among ${batch}. From time to time it had to name all held-out drawings.`
  );
}

/** Of the search in the report. */
export function searchWords(drawings: number): Omit<ReportSearch, 'search'> {
  return {
    heading: 'Ask it for a drawing',
    note:
      'Type anything in English. The text encoder that was just trained runs in this page: it gives your words a ' +
      `place among those that the image encoder gave ${whole(drawings)} OpenMoji drawings, none of them seen in ` +
      'training. Here are the nearest, with their cosine similarity: 1 is the same direction. After so short a ' +
      'training it knows colours and shapes better than meanings, and all its English is from names and tags of emoji.',
    examples: ['rowing a boat', 'red heart', 'green circle', 'black square', 'flag', 'moon'],
  };
}

function guessingText(batch: number): string {
  return unbroken(`ln ${batch} = ${Math.log(batch).toFixed(2)}`);
}
