export interface LearningRateSchedule {
  readonly kind: 'cosine' | 'constant';
  /** Learning rate after the warm-up. */
  readonly peak: number;
  readonly warmupSteps: number;
  /** T, steps of the whole run. */
  readonly steps: number;
}

/**
 * Learning rate of a step, counted from 0. During the warm-up of W steps it is peak·(step+1)/W. After that it is
 * constant, or peak·½(1 + cos(π(step−W)/(T−W))), which would reach 0 at step T. Source: open_clip, scheduler.py
 * cosine_lr.
 */
export function learningRate(step: number, { kind, peak, warmupSteps, steps }: LearningRateSchedule): number {
  if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps;
  switch (kind) {
    case 'constant':
      return peak;
    case 'cosine':
      return peak * 0.5 * (1 + Math.cos((Math.PI * (step - warmupSteps)) / (steps - warmupSteps)));
  }
}
