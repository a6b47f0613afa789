/** How many steps to train, and why in a sentence. */
export interface StepBudget {
  readonly steps: number;
  readonly stepMs: number;
  readonly reason: string;
}

export interface BudgetOptions {
  /** Durations of the measured steps, in order. The first ones also build and compile. */
  readonly measuredMs: readonly number[];
  /** Time to train. */
  readonly budgetMs: number;
  readonly stepsMin: number;
  readonly stepsMax: number;
}

/** Steps that build programs and fill caches; they say nothing about the rest. */
const warmupSteps = 2;
/**
 * Time of a later step as a share of a measured one: those decode every image they use, later ones find most decoded.
 */
const laterShare = 0.87;

/** Steps that fit into the time given, by the lower quartile of the measured steps that are past warm-up. */
export function stepBudget({ measuredMs, budgetMs, stepsMin, stepsMax }: BudgetOptions): StepBudget {
  if (measuredMs.length <= warmupSteps) {
    throw new RangeError(`expected more than ${warmupSteps} measured steps, got ${measuredMs.length}`);
  }
  const stepMs = laterShare * lowerQuartile(measuredMs.slice(warmupSteps));
  const warmupMs = measuredMs.slice(0, warmupSteps).reduce((sum, ms) => sum + Math.max(0, ms - stepMs), 0);
  const fitting = Math.floor((budgetMs - warmupMs) / stepMs);
  const steps = Math.min(stepsMax, Math.max(stepsMin, fitting));
  const bound =
    steps > fitting
      ? `, raised to the least of ${stepsMin}`
      : steps < fitting
        ? `, lowered to the most of ${stepsMax}`
        : '';
  return {
    steps,
    stepMs,
    reason: `${Math.round(stepMs)} ms a step: ${steps} steps in ${(budgetMs / 60_000).toFixed(1)} minutes${bound}`,
  };
}

function lowerQuartile(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 4)] ?? Number.NaN;
}
