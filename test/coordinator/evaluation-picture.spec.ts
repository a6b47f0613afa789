// Goal: each evaluation of a run comes with the picture that a report has of it, and other names are refused. Method: a
// real coordinator; a scripted run reports results, whose confusion matrices are in its store.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { storeConfusion } from '#evaluate/stored-confusion.js';
import { errorBodySchema } from '#protocol/error-body.js';
import type { EvaluationResult } from '#protocol/run/evaluation-result.js';
import type { RunStatus } from '#protocol/run/run-status.js';
import { darkPalette } from '#report/palette.js';
import { svgPng } from '#report/picture/chart-picture.js';
import { runDocument, startOwnCoordinator, type OwnCoordinator } from '../support/coordinator.js';

const hostile = 'cats & <script>';
const judged = {
  labels: [hostile, 'dogs', 'owls'],
  truths: Int32Array.of(0, 0, 1, 2, 2, 2),
  given: Int32Array.of(0, 1, 1, 2, 2, 0),
  ranks: Int32Array.of(1, 2, 1, 1, 1, 3),
};
const zeroShot = (step: number): EvaluationResult => ({
  ...{ kind: 'zero-shot', name: 'pets & more', step, images: 6, classes: 3, top1: 4 / 6, top5: 1, chance: 1 / 3 },
});
const fewShot: EvaluationResult = {
  ...{ kind: 'few-shot', name: 'few', step: 2, images: 6, classes: 3, chance: 1 / 3 },
  points: [
    { shots: 1, mean: 0.4, deviation: 0.05 },
    { shots: 4, mean: 0.7, deviation: 0.02 },
  ],
};
const recall = { r1: 0.1, r5: 0.5, r10: 1, medianRank: 4 };
const retrieval: EvaluationResult = {
  ...{ kind: 'retrieval', name: 'captions', step: 2, images: 6, captions: 6, textOfImage: recall, imageOfText: recall },
};

let coordinator: OwnCoordinator;
let id: string;
beforeAll(async () => {
  coordinator = await startOwnCoordinator();
  const evaluation = { fewShot: [{ name: 'few', train: 'file:/data/a', test: 'file:/data/b', seeds: 7 }] };
  ({ id } = (await (await coordinator.post('/v1/runs', runDocument({ evaluation }))).json()) as RunStatus);
  const training = await coordinator.trainer.next();
  training.prepare();
  training.step(1);
  training.step(2);
  const name = { run: id, step: 2, name: 'pets & more' };
  await storeConfusion(training.store, name, { ...judged, given: Int32Array.of(1, 1, 1, 1, 1, 1) }, 1);
  await storeConfusion(training.store, name, judged, 2);
  for (const result of [zeroShot(1), zeroShot(2), fewShot, retrieval]) training.onEvent({ kind: 'evaluation', result });
});
afterAll(() => coordinator?.close());

const picture = (query: Readonly<Record<string, string>>): Promise<Response> =>
  coordinator.get(`/v1/runs/${id}/evaluations/picture?${new URLSearchParams(query).toString()}`);

it('a zero-shot classification has its confusion matrix, by the latest owner of the run', async () => {
  const answer = await picture({ name: 'pets & more', step: '2' });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/svg+xml; charset=utf-8']);
  const svg = await answer.text();
  expect(svg).toContain('cats &amp; &lt;script&gt;');
  expect(svg).not.toContain('<script');
  expect(svgPng(svg).byteLength).toBeGreaterThan(1000);
  // All of the earlier owner's images were taken for dogs: another picture.
  const cells = /href="data:image\/png;base64,([^"]+)"/.exec(svg)![1]!;
  expect(cells.length).toBeGreaterThan(100);
});

it('a few-shot evaluation has its curve, with what its document says of it', async () => {
  const svg = await (await picture({ name: 'few', step: '2', theme: 'dark' })).text();
  expect(svg).toContain('top1 on b; bars: ± a standard deviation over 7 seeds');
  expect(svg).toContain(`fill="${darkPalette.card}"`);
});

it.each([
  [{ name: 'captions', step: '2' }, 404, /expected an evaluation that has a picture, got captions \(retrieval\)/],
  [{ name: 'pets & more', step: '1' }, 404, /expected an evaluation that has a picture, got pets & more \(zero-shot\)/],
  [{ name: 'pets', step: '2' }, 404, /expected an evaluation and its step, got "pets" after step 2/],
  [{ name: 'few', step: '3' }, 404, /got "few" after step 3/],
  [{ name: 'few' }, 422, /step/],
  [{ name: 'few', step: '2', theme: 'red' }, 422, /theme/],
] as const)('%j is refused', async (query, status, message) => {
  const answer = await picture(query);
  expect([answer.status, errorBodySchema.parse(await answer.json()).message]).toEqual([
    status,
    expect.stringMatching(message),
  ]);
});
