import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { ExitCode } from './exit-code.js';

/** Ctrl-C as a signal: the first asks to stop in order, the second stops at once. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** Give Ctrl-C back its usual meaning. */
  close(): void;
}

export function watchInterrupt(): Interrupt {
  const asked = new AbortController();
  const onSignal = (): void => {
    if (asked.signal.aborted) process.exit(ExitCode.Interrupted); // The reaper ends the rest.
    asked.abort(interrupted());
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, onSignal);
  return { signal: asked.signal, close: () => signals.forEach((name) => process.off(name, onSignal)) };
}

export function interrupted(message = 'Stopped by Ctrl-C', help = ''): TandemError {
  return new TandemError({ code: ErrorCode.Cancelled, message, help });
}
