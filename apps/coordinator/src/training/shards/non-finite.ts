import type { ShardRange } from '#data/sampling/shard-plan.js';
import { notFinite } from '#model/parameters/not-finite.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { float32Values } from '#store/safetensors/safetensors.js';
import { inTurns } from '#threads/turns.js';

/** Finds out which shard made a step's gradient not finite, by reading the shards' own gradients (invariant N1). */
export async function nonFiniteGradient(
  shards: readonly ShardRange[],
  gradientOf: (shard: number) => Promise<Uint8Array>,
): Promise<TandemError> {
  for (let shard = 0; shard < shards.length; shard++) {
    for (const [name, values] of Object.entries(float32Values(await gradientOf(shard)))) {
      const bad = await inTurns(notFinite(values));
      if (bad !== undefined) return nonFinite(`the gradient of ${name} from shard ${shard} holds ${bad}`, { shard });
    }
  }
  return nonFinite("the sum of the shards' gradients is not finite, though each of them is", {});
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
