import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { OutstandingTask } from './pool-state.js';

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

export function cancelled(): TandemError {
  return new TandemError({ code: ErrorCode.Cancelled, message: 'The run was cancelled.' });
}
