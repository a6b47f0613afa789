import type { ShardRange } from '#data/sampling/shard-plan.js';
import type { NonFiniteValue } from '#protocol/pool/task.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** The error for a step's gradient that is not finite (invariant N1). `found`: what shards reported of their own. */
export function nonFiniteGradient(found: readonly NonFiniteValue[]): TandemError {
  const [first] = found.toSorted((left, right) => left.shard - right.shard);
  if (!first) return nonFinite("the sum of the shards' gradients is not finite, though each of them is", {});
  const { shard, tensor, value } = first;
  return nonFinite(`the gradient of ${tensor} from shard ${shard} holds ${value}`, { shard });
}

function nonFinite(message: string, context: Readonly<Record<string, number>>): TandemError {
  return new TandemError({ code: ErrorCode.NonFinite, message, context });
}

export interface StepPlace {
  readonly run: string;
  readonly step: number;
  readonly shards: readonly ShardRange[];
}

/**
 * Adds to a NON_FINITE error where it happened: the run, the step and, if the error names a pair of the batch, the
 * shard of that pair. Other errors are returned unchanged.
 */
export function inStep(thrown: unknown, { run, step, shards }: StepPlace): unknown {
  if (!(thrown instanceof TandemError && thrown.code === ErrorCode.NonFinite)) return thrown;
  const {
    pair,
    shard = shards.findIndex(({ offset, size }) => typeof pair === 'number' && pair >= offset && pair < offset + size),
  } = thrown.context;
  const isKnown = typeof shard === 'number' && shard >= 0;
  return new TandemError({
    code: ErrorCode.NonFinite,
    message: `Stopped before the update of step ${step}${isKnown ? `, shard ${shard}` : ''}: ${thrown.message}.`,
    help: 'Lower optimizer.learningRate, lengthen schedule.warmupSteps or set optimizer.clipNorm, and start again.',
    context: { run, step, ...(isKnown && { shard }) },
    cause: thrown,
  });
}
