import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { PhaseTask } from './phase.js';
import type { OutstandingTask } from './pool-state.js';
import { short } from './verify/finding.js';

/* The errors that end a phase of a step. */

/** For how long tasks may fail to be sent before the phase ends with an error that is worth a retry. */
export const unsentMs = 10_000;

export function failedOn(workers: string, error: TandemError): TandemError {
  const { code, message, help, retryable, context } = error;
  const where = `On worker ${workers}: ${message}`;
  return new TandemError({ code, message: where, help, retryable, context: { ...context, workers } });
}

export function unsendable(cause: unknown): TandemError {
  return new TandemError({
    code: ErrorCode.TransportFailed,
    message: `Redis has taken no tasks for ${unsentMs / 1000} s: ${messageOf(cause)}`,
    help: 'See that it runs, has memory (maxmemory) and is no read-only replica.',
    retryable: true,
    cause,
  });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function givenUp({ id, task }: OutstandingTask, reason: string): TandemError {
  return new TandemError({
    code: ErrorCode.ShardFailed,
    message: `Expected an answer to ${id}: ${reason}.`,
    help: "See the workers' logs; limits.attempts and limits.leaseMs of the run document say when a shard is given up.",
    context: { run: task.run, step: task.step, shard: task.shard, phase: task.kind },
  });
}

/** Workers gave different results, and nobody is left who could decide which of them is right. */
export function disputed({ id, task, votes }: PhaseTask): TandemError {
  const given = votes.map(({ answer }) => `${short(answer.resultHash)} from worker ${answer.worker}`);
  const workers = [...new Set(votes.map(({ answer }) => answer.worker))].join(' and ');
  return new TandemError({
    code: ErrorCode.CheckFailed,
    message: `expected two workers to give results of the same sha256 for ${id}, got ${given.join(', ')}`,
    help:
      `One of the workers ${workers} computes wrongly: test the memory and the device of each, leave out the one ` +
      'that is at fault, and resume the run. Where there is a third worker that computes alike, it decides.',
    context: { run: task.run, step: task.step, shard: task.shard, phase: task.kind, workers },
  });
}

export function cancelled(): TandemError {
  return new TandemError({ code: ErrorCode.Cancelled, message: 'The run was cancelled.' });
}

/** Is the result not there, or not what the worker said that it wrote? Then it is done again. */
export function isUnusableResult(error: unknown): error is TandemError {
  return error instanceof TandemError && unusable.has(error.code);
}

const unusable: ReadonlySet<ErrorCode> = new Set([ErrorCode.NotFound, ErrorCode.DataInvalid, ErrorCode.ShardFailed]);
