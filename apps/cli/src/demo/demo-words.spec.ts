import { expect, it } from 'vitest';
import type { ZeroShotResult } from '#protocol/run/evaluation-result.js';
import type { StepMetrics } from '#protocol/run/run-status.js';
import { stepText, testText } from './demo-words.js';

const metrics = [
  { step: 56, loss: 5 },
  { step: 57, loss: Math.log(134) },
] as StepMetrics[];
const result: Omit<ZeroShotResult, 'name'> = {
  kind: 'zero-shot',
  ...{ step: 57, classes: 1914, images: 1914 },
  ...{ top1: 0.0094, top5: 0.04, chance: 1 / 1914 },
};

it('says what the loss of guessing is', () => {
  expect(stepText(256)).toContain('ln\u00a0256\u00a0=\u00a05.55 is guessing among 256');
});

it('puts a test and the loss of its step in words, for the held-out style only', () => {
  expect(testText({ ...result, name: 'held-out' }, metrics)).toBe(
    'tested at step 57: loss 4.90, as unsure as guessing among 134; names 0.94 % of OpenMoji (guessing 0.05 %)',
  );
  expect(testText({ ...result, name: 'seen' }, metrics)).toBeUndefined();
});
