// Goal: a run outlasts a store or a Redis that is away, and nothing else. Method: cases written by hand.
import { describe, expect, it } from 'vitest';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { outlast } from './outage.js';

const limits = { outageMs: 60_000 };
const full = new TandemError({ code: ErrorCode.StoreFailed, message: 'Cannot write file:/x: no space left.' });

describe('outlast', () => {
  it('tries again after pauses that grow to a limit, and says why', () => {
    const pauses = [1, 2, 3, 8].map((failures) => outlast(full, { failures, sinceMs: 0 }, limits)?.pauseMs);
    expect(pauses).toEqual([250, 500, 1000, 15_000]);
    expect(outlast(full, { failures: 5, sinceMs: 12_400 }, limits)?.reason).toBe(
      'Waits for 12 s now and tries again: Cannot write file:/x: no space left.',
    );
  });

  it('gives up after the longest outage', () => {
    expect(outlast(full, { failures: 20, sinceMs: 60_000 }, limits)).toBeUndefined();
  });

  it.each([ErrorCode.NonFinite, ErrorCode.DataInvalid, ErrorCode.Conflict, ErrorCode.Cancelled, ErrorCode.Internal])(
    '%s is nothing that time mends',
    (code) => {
      expect(outlast(new TandemError({ code, message: 'x' }), { failures: 1, sinceMs: 0 }, limits)).toBeUndefined();
    },
  );

  it('numbers that contradict one another are computed again twice: a bit that flips does so once', () => {
    const error = new TandemError({ code: ErrorCode.CheckFailed, message: 'expected 1, got 2', retryable: true });
    const tried = [1, 2, 3].map((failures) => outlast(error, { failures, sinceMs: 3_600_000 }, limits)?.pauseMs);
    expect(tried).toEqual([250, 500, undefined]);
  });

  it('what two workers have computed twice, and differently, is not computed again', () => {
    const error = new TandemError({ code: ErrorCode.CheckFailed, message: 'expected a, got b' });
    expect(outlast(error, { failures: 1, sinceMs: 0 }, limits)).toBeUndefined();
  });

  it('nor is a defect', () => {
    expect(outlast(new RangeError('x'), { failures: 1, sinceMs: 0 }, limits)).toBeUndefined();
  });
});
