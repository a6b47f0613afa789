/** How many steps to train, with the reason in a sentence. */
export interface StepBudget {
  readonly steps: number;
  readonly stepMs: number;
  readonly reason: string;
}

export interface BudgetOptions {
  /** Durations of the measured steps, in order. The first steps also build and compile programs. */
  readonly measuredMs: readonly number[];
  /** Time to train for. */
  readonly budgetMs: number;
  readonly stepsMin: number;
  readonly stepsMax: number;
}

/** Steps that build programs and fill caches, and so are slower than the rest. */
const warmupSteps = 2;
/**
 * Time of a later step as a share of a measured one. The measured steps decode every image they use, and V8 still
 * compiles what they run; later steps find both done.
 */
const laterShare = 0.8;

/** Steps that fit into the given time, judged by the lower quartile of the measured steps after warm-up. */
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
      ? `, raised to the minimum of ${stepsMin}`
      : steps < fitting
        ? `, lowered to the maximum of ${stepsMax}`
        : '';
  return {
    steps,
    stepMs,
    reason: `${Math.round(stepMs)} ms per step: ${steps} steps in ${(budgetMs / 60_000).toFixed(1)} minutes${bound}`,
  };
}

function lowerQuartile(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 4)] ?? Number.NaN;
}
