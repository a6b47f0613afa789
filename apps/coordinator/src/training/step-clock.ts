/** How long each part of a step took, in milliseconds. */
export interface StepTimes {
  /** Includes publishing θ. */
  readonly encodeMs: number;
  readonly lossMs: number;
  readonly backpropMs: number;
  /** Includes the norm and the journal. */
  readonly updateMs: number;
}

/** Measures how long the parts of one step take. */
export interface StepClock {
  /** Adds the time since the last lap, or since the start, to this part. */
  lap(part: keyof StepTimes): void;
  readonly times: StepTimes;
}

export function startStepClock(nowMs: () => number): StepClock {
  const times = { encodeMs: 0, lossMs: 0, backpropMs: 0, updateMs: 0 };
  let lastMs = nowMs();
  return {
    times,
    lap(part) {
      const now = nowMs();
      times[part] += now - lastMs;
      lastMs = now;
    },
  };
}
