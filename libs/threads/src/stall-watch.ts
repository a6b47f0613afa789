import { openRunDelay } from './run-delay.js';

/** How often it looks: a stall that is over between two looks counts for what is left of it. */
const tickMs = 20;

/** The event loop stood still: neither timers nor sockets had a turn. */
export interface Stall {
  readonly stallMs: number;
  /** What would be left of it on a machine of its own: without the time in which others had the CPU. */
  readonly ownMs: number;
}

/** Calls `onStall` for every stall of at least `atLeastMs`. It does not keep the process alive. */
export function watchStalls(atLeastMs: number, onStall: (stall: Stall) => void): { stop(): void } {
  const runDelay = openRunDelay();
  const look = (): { atMs: number; delayMs: number } => ({
    atMs: performance.now(),
    delayMs: runDelay?.readMs() ?? 0,
  });
  let last = look();
  const timer = setInterval(() => {
    const now = look();
    const stallMs = now.atMs - last.atMs - tickMs;
    const ownMs = Math.max(0, stallMs - (now.delayMs - last.delayMs));
    last = now;
    if (stallMs >= atLeastMs) onStall({ stallMs, ownMs });
  }, tickMs);
  timer.unref();
  return {
    stop: () => {
      clearInterval(timer);
      runDelay?.close();
    },
  };
}

/** Shorter ones are neither counted nor logged: under load the system gives the CPU to others for this long. */
export const notedStallMs = 50;
/** Who waits that long for an answer notices. */
const longStallMs = 1000;

type Write = (facts: object, message: string) => void;

/** Logs the stall: as a warning if somebody may have noticed it. */
export function logStall(log: { readonly debug: Write; readonly warn: Write }, { stallMs, ownMs }: Stall): void {
  const facts = { stallMs: Math.round(stallMs), ownMs: Math.round(ownMs) };
  log[stallMs > longStallMs ? 'warn' : 'debug'](facts, 'The event loop stood still');
}
