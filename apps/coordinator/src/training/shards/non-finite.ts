import type { ShardRange } from '#data/sampling/shard-plan.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { runKeys } from '#store/run/keys.js';
import { float32Values } from '#store/safetensors/safetensors.js';
import type { Store } from '#store/store.js';

/** Where the numbers of a step went wrong, looked up in what its shards left in the store (invariant N1). */
export async function nonFiniteGradient(store: Store, run: string, step: number, shards: readonly ShardRange[]): Promise<TandemError> {
  const keys = runKeys(run).step(step);
  for (let shard = 0; shard < shards.length; shard++) {
    for (const [name, values] of Object.entries(float32Values(await store.get(keys.gradients(shard))))) {
      const bad = values.find((value) => !Number.isFinite(value));
      if (bad !== undefined) return stopped(`the gradient of ${name} from shard ${shard} holds ${bad}`, { run, step, shard });
    }
  }
  return stopped('the sum of the shards\' gradients is not finite, though each of them is', { run, step });
}

/** The loss's own complaint, with the step and the shard of the pair it names. */
export function nonFiniteLoss(error: TandemError, run: string, step: number, shards: readonly ShardRange[]): TandemError {
  const pair = error.context['pair'];
  const shard = shards.findIndex(({ offset, size }) => typeof pair === 'number' && pair >= offset && pair < offset + size);
  return stopped(error.message, { run, step, ...(shard >= 0 ? { shard } : {}) });
}

function stopped(what: string, context: { run: string; step: number; shard?: number }): TandemError {
  const place = context.shard === undefined ? `step ${context.step}` : `step ${context.step}, shard ${context.shard}`;
  return new TandemError({
    code: ErrorCode.NonFinite,
    message: `Stopped before the update of ${place}: ${what}.`,
    help: 'Lower optimizer.learningRate, lengthen schedule.warmupSteps or set optimizer.clipNorm, and start again.',
    context,
  });
}
