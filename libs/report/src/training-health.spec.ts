import { describe, expect, it } from 'vitest';
import type { EvaluationResult } from '#protocol/run/evaluation-result.js';
import type { StepMetrics } from '#protocol/run/run-status.js';
import { learnsNothing, partsWays, type Course } from './training-health.js';

const batch = 64;
const guessing = Math.log(batch);

function course(
  steps: number,
  lossAt: (step: number) => number,
  change: Partial<StepMetrics> = {},
  evaluations: readonly EvaluationResult[] = [],
): Course {
  const metrics = Array.from({ length: steps }, (_, at) => ({
    step: at + 1,
    loss: lossAt(at + 1),
    gradientNorm: 1,
    learningRate: 5e-4,
    ...change,
  })) as unknown as StepMetrics[];
  return { metrics, evaluations, batch, loss: 'softmax', warmupSteps: 10 };
}

const result = (step: number, top1: number, images = 400): EvaluationResult => ({
  kind: 'zero-shot',
  name: 'held-out',
  step,
  top1,
  images,
  top5: 1,
  classes: 20,
  chance: 0.05,
});

describe('learnsNothing', () => {
  const stuck = (step: number): number => guessing + 0.01 * Math.sin(step);

  it('tells a loss that stays at ln of the batch, once the warm-up is over', () => {
    expect(learnsNothing(course(69, stuck))).toBeUndefined();
    expect(learnsNothing(course(70, stuck))).toMatch(
      /^It learns nothing: after 70 steps the loss is 4\.1\d, and guessing gives ln 64 = 4\.16\. .*do not belong together/,
    );
  });

  it('names a gradient that is all but zero, and a learning rate that is out of the usual', () => {
    expect(learnsNothing(course(80, stuck, { gradientNorm: 3e-7 }))).toMatch(/all but zero \(norm 3\.0e-7\)/);
    expect(learnsNothing(course(80, stuck, { learningRate: 1e-7 }))).toMatch(/very low \(1\.0e-7\)/);
    expect(learnsNothing(course(80, stuck, { learningRate: 0.1 }))).toMatch(/too high \(0\.10\)/);
  });

  it('is silent for a loss that falls, from guessing or from far above it', () => {
    expect(learnsNothing(course(200, (step) => guessing - step / 1000))).toBeUndefined();
    expect(learnsNothing(course(200, (step) => 9 - step / 50))).toBeUndefined();
    expect(learnsNothing({ ...course(200, (step) => 9 - step / 50), loss: 'sigmoid' })).toBeUndefined();
    expect(learnsNothing({ ...course(200, () => 9), loss: 'sigmoid' })).toMatch(/the loss is 9\.00\. Likely/);
  });
});

describe('partsWays', () => {
  const falling = (step: number): number => 3 - step / 100;

  it('tells a held-out figure that falls while the training loss does', () => {
    const evaluations = [result(50, 0.2), result(100, 0.41), result(150, 0.38), result(200, 0.3)];
    expect(partsWays(course(200, falling, {}, evaluations))).toMatch(
      /^held-out was best after step 100, top-1 41.* %, and is at 30.* % after step 200, .*fell from 2\.\d\d to 1\.\d\d:/,
    );
  });

  it('is silent while it rises, falls by chance, or the training loss does not fall', () => {
    expect(partsWays(course(200, falling, {}, []))).toBeUndefined();
    expect(partsWays(course(200, falling, {}, [result(100, 0.3), result(200, 0.4)]))).toBeUndefined();
    expect(partsWays(course(200, falling, {}, [result(100, 0.41, 20), result(200, 0.3, 20)]))).toBeUndefined();
    expect(partsWays(course(200, () => 2, {}, [result(100, 0.41), result(200, 0.3)]))).toBeUndefined();
  });
});
