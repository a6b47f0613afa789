import { expect, it } from 'vitest';
import { trainingAdvice, type TrainingFacts, type TrainingPlan } from './training-advice.js';

const good: TrainingFacts = { pairs: 10_000, distinctCaptions: 9000, longShare: 0.1, medianSide: 300 };
const plan: TrainingPlan = { batch: 512, contextLength: 77, imageSide: 224 };
const { batch: _, ...unknown } = plan;

it('says nothing of a data set that trains well', () => {
  expect(trainingAdvice(good, plan)).toEqual([]);
  expect(trainingAdvice(good, unknown)).toEqual([]);
  expect(trainingAdvice(good, { ...plan, steps: 20 })).toEqual([]);
});

it.each<[Partial<TrainingFacts>, TrainingPlan, RegExp]>([
  [{ distinctCaptions: 10 }, plan, /in a batch of 512 about 51.2 .* near ln 51.2 = 3.94; say loss.maskSameCaption/],
  [{ distinctCaptions: 10 }, unknown, /about N \/ 10 pairs/],
  [{ pairs: 100, distinctCaptions: 100 }, unknown, /Only 100 pairs/],
  [{ pairs: 500, distinctCaptions: 500 }, plan, /Fewer pairs \(500\) than a batch \(512\)/],
  [{ pairs: 640, distinctCaptions: 640 }, plan, /A batch holds 80 % of all pairs: 1\.3 steps see each\./],
  [{}, { ...plan, steps: 10 }, /ends before it has seen every pair: 5120 of 10000/],
  [{ longShare: 0.6 }, plan, /60 % of the captions have more than 77 tokens/],
  [{ medianSide: 64 }, plan, /64 pixels or less; the model reads 224/],
  [{ medianSide: 64 }, unknown, /64 pixels or less; most models read 224/],
])('%j', (facts, run, sentence) => {
  const advice = trainingAdvice({ ...good, ...facts }, run);
  expect(advice).toHaveLength(1);
  expect(advice[0]).toMatch(sentence);
});

it('equal captions that the loss masks do no harm', () => {
  expect(trainingAdvice({ ...good, distinctCaptions: 10 }, { ...plan, isCaptionMasked: true })).toEqual([]);
});
