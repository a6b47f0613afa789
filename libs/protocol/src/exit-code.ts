import { ErrorCode, TandemError } from './tandem-error.js';

/** Exit codes of every command and process. */
export const ExitCode = {
  Ok: 0,
  /** Something failed that the user did not bring about: a store, a network, a worker, a number that is not finite. */
  Failed: 1,
  /** Something that the user can mend: an option, a document, a path, a file, a key, a state that does not fit. */
  Mendable: 2,
  /** Stopped by Ctrl-C. */
  Interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export const exitCodeHelp = `
Exit codes:
  0    done
  1    failed: a store, a network, a worker or a computation; the message says why
  2    you can mend it: an option, a document, a path, a file or a key is wrong, or
       there is something in the way; the message says what to do
  130  stopped by Ctrl-C`;

const codes: Readonly<Record<ErrorCode, ExitCode>> = {
  [ErrorCode.ConfigInvalid]: ExitCode.Mendable,
  [ErrorCode.ProtocolMismatch]: ExitCode.Mendable,
  [ErrorCode.Unauthorised]: ExitCode.Mendable,
  [ErrorCode.Forbidden]: ExitCode.Mendable,
  [ErrorCode.NotFound]: ExitCode.Mendable,
  [ErrorCode.Conflict]: ExitCode.Mendable,
  [ErrorCode.DataInvalid]: ExitCode.Mendable,
  [ErrorCode.UnsupportedOp]: ExitCode.Mendable,
  [ErrorCode.Throttled]: ExitCode.Failed,
  [ErrorCode.StoreFailed]: ExitCode.Failed,
  [ErrorCode.TransportFailed]: ExitCode.Failed,
  [ErrorCode.ShardFailed]: ExitCode.Failed,
  [ErrorCode.NonFinite]: ExitCode.Failed,
  [ErrorCode.CheckFailed]: ExitCode.Failed,
  [ErrorCode.Internal]: ExitCode.Failed,
  [ErrorCode.Cancelled]: ExitCode.Interrupted,
};

export function exitCodeOf(thrown: unknown): ExitCode {
  return thrown instanceof TandemError ? codes[thrown.code] : ExitCode.Failed;
}
