/** Milliseconds of each part of a step. */
export interface StepTimes {
  /** With publishing θ. */
  readonly encodeMs: number;
  readonly lossMs: number;
  readonly backpropMs: number;
  /** With norm and journal. */
  readonly updateMs: number;
}

/** Tells how long the parts of one step took. */
export interface StepClock {
  /** Book the time since the last lap, or the start. */
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
