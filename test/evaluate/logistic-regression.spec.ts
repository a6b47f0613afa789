// Goal: the probe's logistic regression is scikit-learn's, and its numbers depend on nothing but the samples.
// Method: scikit-learn's solutions, written once by the script beside them; finite differences.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLogisticEngine, type LogisticEngine } from '#evaluate/probe/logistic-engine.js';
import {
  fitLogisticRegression,
  linearScores,
  takeSamples,
  type LabelledFeatures,
} from '#evaluate/probe/logistic-regression.js';
import { usualLbfgs } from '#evaluate/probe/l-bfgs.js';
import { root } from '../support/source-files.js';

const fixture = JSON.parse(readFileSync(join(root, 'test/evaluate/scikit-learn/logistic-regression.json'), 'utf8')) as {
  readonly features: readonly (readonly number[])[];
  readonly truths: readonly number[];
  readonly solutions: readonly {
    readonly lambda: number;
    readonly weights: readonly (readonly number[])[];
    readonly biases: readonly number[];
  }[];
};
const [width, classes] = [8, 4];
const samples: LabelledFeatures = {
  features: Float32Array.from(fixture.features.flat()),
  width,
  truths: Int32Array.from(fixture.truths),
};

let engine: LogisticEngine;
beforeAll(async () => {
  engine = await openLogisticEngine(1);
  await takeSamples(engine, samples, classes);
});
afterAll(() => engine.close());

const exact = { ...usualLbfgs, gradientMax: 1e-10, iterationsMax: 100_000, decreaseMin: 0 };

describe('logistic regression', () => {
  it.each(fixture.solutions)("finds scikit-learn's weights and biases for λ = $lambda", async (solution) => {
    const { weights, biases } = await fitLogisticRegression(
      engine,
      { samples: fixture.truths.length, width, classes, lambda: solution.lambda },
      exact,
    );
    const expected = [...solution.weights.flat(), ...solution.biases];
    const got = [...weights, ...biases];
    // The gradients are 1e-10, and the weakest λ makes of that an error a thousand times as large.
    got.forEach((value, at) => expect(value).toBeCloseTo(expected[at]!, 5));
  });

  it('has the gradient that finite differences give', async () => {
    const weights = Float64Array.from({ length: (width + 1) * classes }, (_, i) => Math.sin(i) / 3);
    const { gradient } = await engine.loss(weights, classes);
    for (const at of [0, 7, 17, 32, 35]) {
      const moved = async (by: number): Promise<number> =>
        (await engine.loss(weights.with(at, weights[at]! + by), classes)).value;
      expect(((await moved(1e-5)) - (await moved(-1e-5))) / 2e-5).toBeCloseTo(gradient[at]!, 6);
    }
  });

  it('gives the same bits with any number of threads', async () => {
    // Larger, so that threads share the work.
    const [count, wide] = [700, 96];
    const many: LabelledFeatures = {
      features: Float32Array.from({ length: count * wide }, (_, i) => Math.sin(i * 0.37) + Math.cos(i * 0.011)),
      width: wide,
      truths: Int32Array.from({ length: count }, (_, i) => (i * 7) % classes),
    };
    const fits = [];
    for (const threads of [1, 2, 3]) {
      const other = await openLogisticEngine(threads);
      await takeSamples(other, many, classes);
      const { weights } = await fitLogisticRegression(other, { samples: count, width: wide, classes, lambda: 1 });
      fits.push(weights);
      await other.close();
    }
    expect(fits[1]).toEqual(fits[0]);
    expect(fits[2]).toEqual(fits[0]);
  });

  it('scores are x·W + b', () => {
    const scores = linearScores(
      { weights: Float64Array.of(1, 2, 3, 4), biases: Float64Array.of(10, 20) },
      Float32Array.of(1, 1, 2, -1),
      2,
    );
    expect([...scores]).toEqual([14, 26, 9, 20]);
  });
});
