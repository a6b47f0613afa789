// Goal: a loss or a gradient that is not finite is traced to its shard (invariant N1). Method: errors as the loss gives
// them, and what workers report of their shards.
import { describe, expect, it } from 'vitest';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { inStep, nonFiniteGradient } from './non-finite.js';

const shards = [
  { offset: 0, size: 3 },
  { offset: 3, size: 3 },
  { offset: 6, size: 2 },
];
const place = { run: 'r', step: 4, shards, blobs: 'file:/s/runs/r/steps/000000004/' };

describe('inStep', () => {
  it.each([
    [0, 0],
    [2, 0],
    [3, 1],
    [5, 1],
    [6, 2],
    [7, 2],
  ])('N1: pair %i of the batch is in shard %i', (pair, shard) => {
    const error = new TandemError({ code: ErrorCode.NonFinite, message: 'NaN', context: { pair } });
    expect(inStep(error, place)).toMatchObject({
      code: 'NON_FINITE',
      message: `Stopped before the update of step 4, shard ${shard}: NaN.`,
      help: expect.stringContaining(
        'are in file:/s/runs/r/steps/000000004/ until the run goes on or is removed.',
      ) as string,
      context: { run: 'r', step: 4, shard },
    });
  });

  it('a step that contradicts itself is named too, with the advice that the error gave', () => {
    const advice = { help: 'Test the memory.', retryable: true };
    const error = new TandemError({ code: ErrorCode.CheckFailed, message: 'expected 1, got 2', ...advice });
    expect(inStep(error, place)).toMatchObject({
      code: 'CHECK_FAILED',
      message: 'Stopped before the update of step 4: expected 1, got 2.',
      help: expect.stringMatching(/^Test the memory\. .* are in file:/) as string,
      retryable: true,
    });
  });

  it('other errors are returned as they are', () => {
    const error = new TandemError({ code: ErrorCode.StoreFailed, message: 'x', context: { pair: 3 } });
    expect(inStep(error, place)).toBe(error);
  });
});

it('N1: names the first shard whose gradient is not finite, and the parameter', () => {
  const found = [
    { shard: 2, tensor: 'w', value: 'NaN' },
    { shard: 1, tensor: 'v', value: '-Infinity' },
  ] as const;
  const error = nonFiniteGradient(found);
  expect(error).toMatchObject({ code: 'NON_FINITE', context: { shard: 1 } });
  expect(error.message).toBe('the gradient of v from shard 1 holds -Infinity');
  expect(nonFiniteGradient([]).message).toContain('though each of them is');
});
