/** What went wrong, as a closed list; a caller decides by `code` and `retryable`, never by text. */
export const ErrorCode = {
  /** A run document, option or environment variable is outside its allowed range. */
  ConfigInvalid: 'CONFIG_INVALID',
  /** Two processes speak different protocol or code versions. */
  ProtocolMismatch: 'PROTOCOL_MISMATCH',
  /** An API call without a valid key. */
  Unauthorised: 'UNAUTHORISED',
  /** Calls come faster than they are answered. */
  Throttled: 'THROTTLED',
  /** A named run, blob, data set or file does not exist. */
  NotFound: 'NOT_FOUND',
  /** The call does not fit the state of what it names: a run that has ended, a full queue. */
  Conflict: 'CONFLICT',
  /** A data set or one of its samples cannot be read. */
  DataInvalid: 'DATA_INVALID',
  /** The store refused or lost a read or write. */
  StoreFailed: 'STORE_FAILED',
  /** Redis cannot be reached. */
  TransportFailed: 'TRANSPORT_FAILED',
  /** No worker answered a shard within its limit of attempts. */
  ShardFailed: 'SHARD_FAILED',
  /** A loss, gradient or parameter is NaN or infinite. */
  NonFinite: 'NON_FINITE',
  /** The engine has no lowering for an operation, or a device cannot run it. */
  UnsupportedOp: 'UNSUPPORTED_OP',
  /** The run was cancelled by its owner. */
  Cancelled: 'CANCELLED',
  /** The process that trained the run stopped. */
  Interrupted: 'INTERRUPTED',
  /** A defect of Tandem: something happened that no caller could cause. */
  Internal: 'INTERNAL',
} as const;
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

/** One thing wrong with a document: where, what came, what is allowed. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

export interface ErrorOptions {
  readonly code: ErrorCode;
  /** What was expected, what came, and where, in one sentence. */
  readonly message: string;
  /** What to do about it. */
  readonly help?: string;
  /** May the same call succeed later without anyone changing anything? */
  readonly retryable?: boolean;
  /** Ids that place the error: run, step, phase, shard, worker, path. */
  readonly context?: Readonly<Record<string, string | number>>;
  /** Every problem of a document that was refused. */
  readonly problems?: readonly Problem[];
  readonly cause?: unknown;
}

/** An error as data: what crosses a process boundary. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly help: string;
  readonly retryable: boolean;
  readonly context: Readonly<Record<string, string | number>>;
  readonly problems?: readonly Problem[];
}

/** The one error type of Tandem. */
export class TandemError extends Error {
  override readonly name = 'TandemError';
  readonly code: ErrorCode;
  readonly help: string;
  readonly retryable: boolean;
  readonly context: Readonly<Record<string, string | number>>;
  readonly problems: readonly Problem[];

  constructor(options: ErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.help = options.help ?? '';
    this.retryable = options.retryable ?? false;
    this.context = options.context ?? {};
    this.problems = options.problems ?? [];
  }

  /** `message`, then the cure on a line of its own. */
  toText(): string {
    return this.help ? `${this.message}\n  ${this.help}` : this.message;
  }

  toWire(): WireError {
    const { code, message, help, retryable, context, problems } = this;
    return { code, message, help, retryable, context, ...(problems.length > 0 && { problems }) };
  }

  static fromWire(wire: WireError): TandemError {
    return new TandemError(wire);
  }
}

/** Anything thrown, as wire data; what is not a TandemError becomes `fallback`. */
export function toWireError(thrown: unknown, fallback: ErrorCode): WireError {
  if (thrown instanceof TandemError) return thrown.toWire();
  const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return { code: fallback, message, help: '', retryable: false, context: {} };
}
