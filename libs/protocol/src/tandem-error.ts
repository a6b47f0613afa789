/** What went wrong, from a fixed list. Callers decide by `code` and `retryable`, never by the text. */
export const ErrorCode = {
  /** A run document, option or environment variable is outside its allowed range. */
  ConfigInvalid: 'CONFIG_INVALID',
  /** Two processes speak different protocol or code versions. */
  ProtocolMismatch: 'PROTOCOL_MISMATCH',
  /** An API call without a valid key. */
  Unauthorised: 'UNAUTHORISED',
  /** An API call with a key that may not do this. */
  Forbidden: 'FORBIDDEN',
  /** Calls arrive faster than they can be answered. */
  Throttled: 'THROTTLED',
  /** A named run, blob, data set or file does not exist. */
  NotFound: 'NOT_FOUND',
  /** The call does not fit the current state: the run has already ended, or the queue is full. */
  Conflict: 'CONFLICT',
  /** A data set or one of its samples cannot be read. */
  DataInvalid: 'DATA_INVALID',
  /** The store refused or lost a read or write. */
  StoreFailed: 'STORE_FAILED',
  /** Redis cannot be reached. */
  TransportFailed: 'TRANSPORT_FAILED',
  /** No worker computed a shard within the allowed number of attempts. */
  ShardFailed: 'SHARD_FAILED',
  /** A loss, gradient or parameter is NaN or infinite. */
  NonFinite: 'NON_FINITE',
  /** Results of one computation contradict one another: a device or a memory computes wrongly. */
  CheckFailed: 'CHECK_FAILED',
  /** The engine has no lowering for an operation, or a device cannot run it. */
  UnsupportedOp: 'UNSUPPORTED_OP',
  /** The run was cancelled by its owner. */
  Cancelled: 'CANCELLED',
  /** A bug in Tandem: something that no caller can cause. */
  Internal: 'INTERNAL',
} as const;
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

/** One problem in a document: where it is, what was found and what is allowed. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

export interface ErrorOptions {
  readonly code: ErrorCode;
  /** What was expected, what was found and where, in one sentence. */
  readonly message: string;
  /** What to do about it. */
  readonly help?: string;
  /** Whether the same call may succeed later without anyone changing anything. */
  readonly retryable?: boolean;
  /** Ids that say where it happened: run, step, phase, shard, worker, path. */
  readonly context?: Readonly<Record<string, string | number>>;
  /** Every problem found in a document that was refused. */
  readonly problems?: readonly Problem[];
  readonly cause?: unknown;
}

/** An error as plain data, to be sent to another process. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly help: string;
  readonly retryable: boolean;
  readonly context: Readonly<Record<string, string | number>>;
  readonly problems?: readonly Problem[];
}

/** The only type of error Tandem throws on purpose. */
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

  /** `message`, and `help` on a line of its own. */
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

/** Converts anything thrown to wire data; what is not a TandemError gets the code `fallback`. */
export function toWireError(thrown: unknown, fallback: ErrorCode): WireError {
  if (thrown instanceof TandemError) return thrown.toWire();
  const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return { code: fallback, message, help: '', retryable: false, context: {} };
}
