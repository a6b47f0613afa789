// Goal: trouble that one worker has is its own, and does not end a run. Method: failures written by hand.
import { describe, expect, it } from 'vitest';
import type { EncodeTask } from '#protocol/pool/task.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { judgeFailure, setAside, type TaskFailure } from './set-aside.js';

const unseen = new TandemError({ code: ErrorCode.NotFound, message: 'There is no run.json.' });

function failure(changes: Partial<TaskFailure> = {}): TaskFailure {
  return {
    task: {
      ...{ id: 't', job: 't.1', attempt: 1, attempts: 3 },
      task: { kind: 'encode', shard: 0 } as EncodeTask,
      to: { kind: 'any' },
    },
    worker: 'a',
    error: unseen,
    failedBy: [],
    others: ['b'],
    ...changes,
  };
}

describe('judgeFailure', () => {
  it('what one worker cannot do is tried by others, and the worker is named', () => {
    expect(judgeFailure(failure())).toMatchObject({
      kind: 'resend',
      reason: 't failed on worker a: There is no run.json.; attempt 2 of 3',
    });
    expect(judgeFailure(failure({ failedBy: ['a'] }))).toMatchObject({ kind: 'resend' });
  });

  it('what a second worker cannot do either ends the run, and both are named', () => {
    expect(judgeFailure(failure({ worker: 'b', failedBy: ['a'], others: ['a'] }))).toEqual({
      kind: 'endRun',
      by: 'a and b',
    });
  });

  it('a worker that is alone tries twice', () => {
    expect(judgeFailure(failure({ others: [] }))).toMatchObject({ kind: 'resend' });
    expect(judgeFailure(failure({ others: [], failedBy: ['a'] }))).toEqual({ kind: 'endRun', by: 'a' });
  });

  it('what is worth a retry only uses up attempts', () => {
    const error = new TandemError({ code: ErrorCode.ShardFailed, message: 'x', retryable: true });
    const failedBy = ['a', 'b'];
    expect(judgeFailure(failure({ error, failedBy }))).toMatchObject({ kind: 'resend' });
    const last = { ...failure().task, attempt: 3 };
    expect(judgeFailure(failure({ error, failedBy, task: last }))).toMatchObject({ kind: 'giveUp' });
  });

  it('a store that fails half of the attempts ends the phase, and leaves the waiting to the run', () => {
    const error = new TandemError({ code: ErrorCode.StoreFailed, message: '503', retryable: true });
    expect(judgeFailure(failure({ error }))).toMatchObject({ kind: 'resend' });
    expect(judgeFailure(failure({ error, worker: 'b', failedBy: ['a'] }))).toEqual({
      kind: 'endRun',
      by: 'a and b',
    });
  });

  it('N1: a number that is not finite is surely the run’s', () => {
    const error = new TandemError({ code: ErrorCode.NonFinite, message: 'NaN' });
    expect(judgeFailure(failure({ error }))).toEqual({ kind: 'endRun', by: 'a' });
  });
});

it('the pause of a worker doubles with each failure in a row, up to a minute', () => {
  let aside = setAside(0, undefined, 'x');
  const pauses = [aside.untilMs];
  for (let failures = 2; failures <= 8; failures++) {
    const { untilMs } = aside;
    aside = setAside(untilMs, aside, 'x');
    pauses.push(aside.untilMs - untilMs);
  }
  expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
});

it('tasks that a worker held when it was set aside do not make its pause longer', () => {
  const aside = setAside(0, undefined, 'no space');
  expect(setAside(999, aside, 'still no space')).toEqual({ untilMs: 1000, failures: 1, reason: 'still no space' });
});
