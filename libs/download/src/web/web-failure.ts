import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** A failure that another attempt would meet again. `what` is the same for all of its kind. */
export function lasting(what: string, cause?: unknown): TandemError {
  return new TandemError({ code: ErrorCode.DataInvalid, message: what, cause });
}

/** A failure that can pass. `afterMs`: when the server asks to be called again. */
export function passing(what: string, { afterMs, cause }: { afterMs?: number; cause?: unknown } = {}): TandemError {
  const context = afterMs === undefined ? {} : { afterMs };
  return new TandemError({ code: ErrorCode.DataInvalid, message: what, retryable: true, context, cause });
}

/** Statuses of servers that are busy or out of order. */
const passingStatuses = new Set([408, 421, 425, 429, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524, 529]);

/** The failure that a status is. Source: RFC 9110, section 15. */
export function statusFailure(status: number, retryAfter?: string): TandemError {
  const what = `HTTP status ${status}`;
  if (!passingStatuses.has(status)) return lasting(what);
  return passing(what, /^\d{1,6}$/.test(retryAfter ?? '') ? { afterMs: Number(retryAfter) * 1000 } : {});
}

const timeouts = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT']);

/** Failures of connections that can pass, by the code of node:net, node:dns or undici. */
const passingCodes: Readonly<Record<string, string>> = {
  EAI_AGAIN: 'The name of the host cannot be looked up now',
  ECONNREFUSED: 'The host refuses connections',
  ECONNRESET: 'The connection was closed too early',
  EPIPE: 'The connection was closed too early',
  UND_ERR_SOCKET: 'The connection was closed too early',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'The connection was closed too early',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'The connection was closed too early',
  ENETUNREACH: 'The host cannot be reached',
  EHOSTUNREACH: 'The host cannot be reached',
  ENETDOWN: 'The host cannot be reached',
};

/** What a failed request is, from what undici or node:net threw. */
export function requestFailure(thrown: unknown): TandemError {
  if (thrown instanceof TandemError) return thrown;
  const { code = '', cause, errors } = thrown as NodeJS.ErrnoException & { errors?: readonly unknown[] };
  if (cause instanceof TandemError) return cause;
  // Where a host has several addresses, node:net tries them and reports all failures.
  if (errors?.[0] !== undefined && code in passingCodes === false) return requestFailure(errors[0]);
  if (timeouts.has(code)) return passing(tooLate, { cause: thrown });
  const known = passingCodes[code];
  if (known !== undefined) return passing(known, { cause: thrown });
  if (code === 'ENOTFOUND' || code === 'ENODATA') return lasting('There is no host of this name', thrown);
  if (/CERT|TLS|SSL|SELF_SIGNED|ISSUER|ALTNAME/.test(code)) return lasting(`The host has no valid certificate`, thrown);
  if (code.startsWith('HPE_')) return lasting('The answer is no HTTP', thrown);
  return lasting(`The request failed: ${code || (thrown as Error).name}`, thrown);
}

/** The message of an attempt that took longer than its limit. */
export const tooLate = 'No whole answer within the time limit';
