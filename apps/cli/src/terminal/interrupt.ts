import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { ExitCode } from '#protocol/exit-code.js';

/** Ctrl-C as an AbortSignal. The first asks for an orderly stop, the second ends the process at once. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** Give Ctrl-C back its usual meaning. */
  close(): void;
}

export function watchInterrupt(): Interrupt {
  const asked = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    // The terminal or npx may go while the orderly stop that they asked for is under way.
    if (asked.signal.aborted && name === 'SIGHUP') return;
    if (asked.signal.aborted) process.exit(ExitCode.Interrupted); // The reaper ends the other processes.
    asked.abort(interrupted());
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, onSignal);
  return { signal: asked.signal, close: () => signals.forEach((name) => process.off(name, onSignal)) };
}

export function interrupted(message = 'Stopped by Ctrl-C', help = ''): TandemError {
  return new TandemError({ code: ErrorCode.Cancelled, message, help });
}
