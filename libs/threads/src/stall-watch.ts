/** How often it looks: a stall that is over between two looks counts for what is left of it. */
const tickMs = 20;

/**
 * Calls `onStall` with the length in milliseconds of every stall of the event loop of at least `atLeastMs`: of the time
 * in which neither timers nor sockets had a turn. It does not keep the process alive.
 */
export function watchStalls(atLeastMs: number, onStall: (stallMs: number) => void): { stop(): void } {
  let lastMs = performance.now();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    const stallMs = nowMs - lastMs - tickMs;
    lastMs = nowMs;
    if (stallMs >= atLeastMs) onStall(stallMs);
  }, tickMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
