import type { ContrastiveLoss } from '#model/loss/contrastive-result.js';
import { madeUpLoss, plainOptimizer, type SmallRun } from '../../../test/simulation/small-run.js';
import type { Optimizer } from '../../../apps/coordinator/src/training/optimizer/optimizer.js';
import type { Machine } from '../machines.js';
import type { StepCosts } from '../step-costs.js';
import type { Host } from './host.js';

/** How many gradients the coordinator has in memory at once. */
export interface HeldGradients {
  now: number;
  most: number;
  /** How many it has read in this step: the fewer, the more shards have gone into each sum. */
  read: number;
}

/** A made-up loss that takes as long as the real one. */
export function timedLoss(
  run: SmallRun,
  { lossFlops }: StepCosts,
  { lossGigaflops }: Machine,
  host: Host,
): ContrastiveLoss {
  const loss = madeUpLoss(run);
  return {
    ...loss,
    async run(...given) {
      await host.compute(lossFlops / (lossGigaflops * 1e9));
      return loss.run(...given);
    },
  };
}

/** A plain optimizer for tiny gradients that takes as long as the real one does for the model's. */
export function timedOptimizer(
  { parameterBytes }: StepCosts,
  { addBytesPerSecond, updateBytesPerSecond }: Machine,
  host: Host,
  gradients: HeldGradients,
): Optimizer {
  const optimizer = plainOptimizer();
  return {
    ...optimizer,
    async add(...given) {
      await host.optimize(parameterBytes / addBytesPerSecond);
      gradients.now -= 1;
      return optimizer.add(...given);
    },
    async norm(...given) {
      await host.optimize(parameterBytes / addBytesPerSecond);
      return optimizer.norm(...given);
    },
    async adamW(...given) {
      await host.optimize(parameterBytes / updateBytesPerSecond);
      return optimizer.adamW(...given);
    },
  };
}
