import { parseJson } from '#protocol/input/json-text.js';
import { stepMetricsSchema, type StepMetrics } from '#protocol/run/run-status.js';
import type { Pausable } from '#threads/turns.js';

/** The metrics of steps in their order, by their places from 0 on. */
export interface ListedSteps {
  readonly length: number;
  /** The number of a step. */
  stepAt(place: number): number;
  lossAt(place: number): number;
  /** Throws what parseJson and the schema throw. */
  at(place: number): StepMetrics;
}

/**
 * The lines of a checkpoint's metrics. Of each line only the step and the loss are read, which choose what is shown; a
 * line is parsed when it is asked for. To parse 100,000 takes more than a second. Throws SyntaxError where a line has
 * neither.
 */
export function* stepsOfLines(bytes: Uint8Array): Pausable<ListedSteps> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lines: (readonly [start: number, end: number])[] = [];
  const [steps, losses]: [number[], number[]] = [[], []];
  for (let start = 0; start < text.byteLength;) {
    const found = text.indexOf(newline, start);
    const end = found < 0 ? text.byteLength : found;
    if (end > start) {
      const [step, loss] = stepAndLoss(text, start, end);
      if (Number.isNaN(step + loss)) throw new SyntaxError(`no step or no loss in entry ${lines.length + 1}`);
      lines.push([start, end]);
      steps.push(step);
      losses.push(loss);
    }
    start = end + 1;
    if (lines.length % linesBetweenPauses === 0) yield;
  }
  return {
    length: lines.length,
    stepAt: (place) => steps[place]!,
    lossAt: (place) => losses[place]!,
    at: (place) => stepMetricsSchema.parse(parseJson(text.subarray(...lines[place]!))),
  };
}

/** Steps in memory. */
export function stepsOfList(metrics: readonly StepMetrics[]): ListedSteps {
  return {
    length: metrics.length,
    stepAt: (place) => metrics[place]!.step,
    lossAt: (place) => metrics[place]!.loss,
    at: (place) => metrics[place]!,
  };
}

/** The first `count` of one list, and after them another. */
export function followedBy(first: ListedSteps, count: number, second: ListedSteps): ListedSteps {
  const of = <Value>(place: number, value: (list: ListedSteps, at: number) => Value): Value =>
    place < count ? value(first, place) : value(second, place - count);
  return {
    length: count + second.length,
    stepAt: (place) => of(place, (list, at) => list.stepAt(at)),
    lossAt: (place) => of(place, (list, at) => list.lossAt(at)),
    at: (place) => of(place, (list, at) => list.at(at)),
  };
}

/** The place of the first step that is not before `step`; the number of steps if there is none. */
export function firstPlace(list: Pick<ListedSteps, 'length' | 'stepAt'>, step: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list.stepAt(middle) < step) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where the line was written by Tandem, both stand at its beginning: no more of it is decoded. */
function stepAndLoss(text: Buffer, start: number, end: number): readonly [step: number, loss: number] {
  const written = lineStart.exec(text.toString('latin1', start, Math.min(end, start + lineStartBytes)));
  if (written) return [Number(written[1]), Number(written[2])];
  const line = text.toString('latin1', start, end);
  return [numberOf(stepField, line), numberOf(lossField, line)];
}

const lineStart = /^\{"step":(\d+),"loss":(-?[\d.e+-]+),/;
const lineStartBytes = 64;
const stepField = /"step":([^,}]*)/;
const lossField = /"loss":([^,}]*)/;
const newline = 0x0a;
/** They take about a millisecond. */
const linesBetweenPauses = 512;

function numberOf(field: RegExp, line: string): number {
  const found = field.exec(line)?.[1]?.trim();
  return found === undefined || found === '' ? Number.NaN : Number(found);
}
