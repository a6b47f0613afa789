import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { isDocsPage, pathOf, type Access, type Given, type Standing } from './access.js';
import { openWrongKeys, wrongKeyLimits } from './wrong-keys.js';

export type Handler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

const standings = new WeakMap<IncomingMessage, Standing>();

/** The standing of a caller whose request was admitted. */
export function standingOf(request: IncomingMessage): Standing {
  return standings.get(request) ?? 'stranger';
}

/** The request id, which is in the answer and in log lines about the request. */
export function requestIdOf(response: ServerResponse): string {
  return String(response.getHeader(requestIdHeader));
}

const requestIdHeader = 'x-request-id';

/**
 * The first middleware, before the body parser and the router. It gives each request an id, and refuses a request that
 * needs the key and does not have it. Wrong keys are logged and, beyond a rate, answered with 429. The right key is
 * always accepted, even from a throttled address, because a caller may share its address with someone who guesses. That
 * is safe: a key of 16 characters cannot be guessed at any rate.
 */
export function admission(access: Access, log: Logger, nowMs: () => number): Handler {
  const wrongKeys = openWrongKeys(wrongKeyLimits, nowMs);
  return (request, response, next) => {
    const requestId = idFor(request);
    response.setHeader(requestIdHeader, requestId);
    response.setHeader('x-content-type-options', 'nosniff');
    const admission = access.admit(request);
    if (admission.admitted) {
      standings.set(request, admission.standing);
      return next();
    }
    // The body is not read, so the connection cannot be used for another request.
    response.setHeader('connection', 'close');
    const path = pathOf(request);
    const { given } = admission;
    if (given === 'another') {
      const address = request.socket.remoteAddress ?? '';
      const { throttled, retrySeconds, toLog } = wrongKeys.note(address);
      if (toLog > 0)
        log.warn({ requestId, address, path: path.slice(0, 200), count: toLog }, 'A call came with a wrong API key');
      if (throttled) {
        response.setHeader('retry-after', String(retrySeconds));
        throw tooMany();
      }
    }
    response.setHeader('www-authenticate', `${isDocsPage(path) ? 'Basic' : 'Bearer'} realm="tandem"`);
    throw unauthorised(given, isDocsPage(path));
  };
}

function idFor({ headers }: IncomingMessage): string {
  const given = headers[requestIdHeader];
  return typeof given === 'string' && /^[\w-]{8,64}$/.test(given) ? given : randomUUID();
}

function unauthorised(given: Given, isPage: boolean): TandemError {
  const how = isPage ? ', or as the password a browser asks for' : '';
  return new TandemError({
    code: ErrorCode.Unauthorised,
    message: `API key: expected the coordinator's key in the header x-api-key or as a bearer token${how}, got ${given}`,
    help: 'The key is the one the coordinator printed at its first start, or its TANDEM_API_KEY.',
  });
}

function tooMany(): TandemError {
  return new TandemError({
    code: ErrorCode.Throttled,
    message:
      `API key: expected at most ${wrongKeyLimits.burst} wrong keys from one address, and then one a ` +
      'second; got more',
    help: 'Stop what sends them, and give the right key: it is accepted at once.',
    retryable: true,
  });
}
