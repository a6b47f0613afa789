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
  /** The URL of the folder with the step's blobs. */
  readonly blobs: string;
}

/**
 * Adds to an error about the numbers of a step where it happened: the run, the step and, if the error names a pair of
 * the batch, the shard of that pair; and where the numbers are. Other errors are returned unchanged.
 */
export function inStep(thrown: unknown, { run, step, shards, blobs }: StepPlace): unknown {
  if (!(thrown instanceof TandemError)) return thrown;
  const { code, message, help, retryable, context } = thrown;
  const advice = adviceOn(code, help);
  if (advice === undefined) return thrown;
  const {
    pair,
    shard = shards.findIndex(({ offset, size }) => typeof pair === 'number' && pair >= offset && pair < offset + size),
  } = context;
  const isKnown = typeof shard === 'number' && shard >= 0;
  return new TandemError({
    code,
    message: `Stopped before the update of step ${step}${isKnown ? `, shard ${shard}` : ''}: ${message}.`,
    help:
      `${advice} The step's parameters, embeddings and gradients, as far as it came, are in ${blobs} until the run ` +
      'goes on or is removed.',
    retryable,
    context: { run, step, ...(isKnown && { shard }) },
    cause: thrown,
  });
}

/** What to do about numbers that stop a run; undefined for errors of another kind. */
function adviceOn(code: ErrorCode, help: string): string | undefined {
  if (code === ErrorCode.CheckFailed) return help;
  if (code !== ErrorCode.NonFinite) return undefined;
  return 'Lower optimizer.learningRate, lengthen schedule.warmupSteps or set optimizer.clipNorm, and start again.';
}
