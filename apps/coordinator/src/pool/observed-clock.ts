/**
 * A clock that counts only the time its owner saw pass: of a gap between two readings longer than `gapMaxMs`, only that
 * much. A coordinator that stood still, or could not read Redis, has not seen its workers be silent meanwhile.
 */
export function observedClock(gapMaxMs: number): { advance(nowMs: number): number } {
  let lastMs: number | undefined;
  let observedMs = 0;
  return {
    advance(nowMs) {
      observedMs += Math.min(gapMaxMs, nowMs - (lastMs ?? nowMs));
      lastMs = nowMs;
      return observedMs;
    },
  };
}
