import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** Exit codes of the command. */
export const ExitCode = {
  Ok: 0,
  /** The command started its work and failed. */
  Failed: 1,
  /** An argument, environment variable or run document is wrong; nothing was started. */
  Usage: 2,
  /** Stopped by Ctrl-C. */
  Interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export const exitCodeHelp = `
Exit codes:
  0    done
  1    failed; the message says why and what to do
  2    bad usage: an argument, environment variable or run document is wrong
  130  stopped by Ctrl-C`;

export function exitCodeOf(thrown: unknown): ExitCode {
  if (!(thrown instanceof TandemError)) return ExitCode.Failed;
  switch (thrown.code) {
    case ErrorCode.ConfigInvalid:
      return ExitCode.Usage;
    case ErrorCode.Cancelled:
      return ExitCode.Interrupted;
    default:
      return ExitCode.Failed;
  }
}
