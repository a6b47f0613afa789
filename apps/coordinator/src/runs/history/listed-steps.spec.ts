// Goal: steps that are read line by line are those that were written, wherever the list was joined.
import { expect, it } from 'vitest';
import type { StepMetrics } from '#protocol/run/run-status.js';
import { jsonLines } from '#store/run/json-lines.js';
import { atOnce } from '#threads/turns.js';
import { firstPlace, followedBy, stepsOfLines, stepsOfList } from './listed-steps.js';

const metricsOf = (step: number): StepMetrics => ({
  ...{ step, loss: 3 / step, accuracy: 0.5, logitScale: 14, learningRate: 1e-3, gradientNorm: 1, pairsPerSecond: 80 },
  ...{ encodeMs: 1, lossMs: 1, backpropMs: 1, updateMs: 1, stepMs: 4, loadMs: 0, bytesIn: 1, bytesOut: 1 },
  ...{ workers: 1, retries: 0, skipped: 0 },
});
const metrics = Array.from({ length: 3000 }, (_, at) => metricsOf(at + 1));
const lines = (text: string): ReturnType<typeof stepsOfList> => atOnce(stepsOfLines(Buffer.from(text)));

it('every line has its step, its loss and its metrics', () => {
  const listed = atOnce(stepsOfLines(atOnce(jsonLines(metrics))));
  const places = metrics.map((_, place) => place);
  expect(listed.length).toBe(3000);
  expect(places.map((place) => listed.stepAt(place))).toEqual(metrics.map(({ step }) => step));
  expect(places.map((place) => listed.lossAt(place))).toEqual(metrics.map(({ loss }) => loss));
  expect([0, 1234, 2999].map((place) => listed.at(place))).toEqual([metrics[0], metrics[1234], metrics[2999]]);
});

it('a list goes on with another', () => {
  const joined = followedBy(stepsOfList(metrics), 10, stepsOfList(metrics.slice(10, 15)));
  expect(Array.from({ length: joined.length }, (_, place) => joined.at(place))).toEqual(metrics.slice(0, 15));
  expect([joined.stepAt(9), joined.stepAt(10), joined.lossAt(14)]).toEqual([10, 11, 3 / 15]);
});

it.each([
  [0, 0],
  [1, 0],
  [2.5, 2],
  [3000, 2999],
  [3001, 3000],
  [Infinity, 3000],
])('step %d is at place %d, or would be', (step, place) => {
  expect(firstPlace(stepsOfList(metrics), step)).toBe(place);
});

it('the order of the fields and spaces between them do not matter; a line without a step or a loss is refused', () => {
  const { step, loss, ...rest } = metrics[0]!;
  const listed = lines(`${JSON.stringify({ ...rest, loss, step }).replace('"step":', '"step": ')}\n\n`);
  expect([listed.length, listed.stepAt(0), listed.at(0)]).toEqual([1, 1, metrics[0]]);
  expect(() => lines('{"step":1,"loss":2}\n{"step":2}')).toThrow('no step or no loss in entry 2');
  expect(() => lines('{"step":1,"loss":null}')).toThrow('no step or no loss in entry 1');
  expect(() => lines('{"step":1,"loss":2}').at(0)).toThrow();
});
