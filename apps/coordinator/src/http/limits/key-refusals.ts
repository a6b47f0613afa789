import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { isDocsPage, loginPath, pathOf, type Given } from '../access.js';
import { requestIdOf } from '../request-id.js';
import { openWrongKeys, wrongKeyLimits } from './wrong-keys.js';

/** Refuses callers without the right key. */
export interface KeyRefusals {
  /**
   * Throws UNAUTHORISED. A wrong key is logged; beyond a rate it throws THROTTLED, with the header Retry-After. The
   * right key is always accepted, even from a throttled address, because a caller may share its address with someone
   * who guesses. That is safe: a key of 16 characters cannot be guessed at any rate.
   */
  refuse(given: Given, request: IncomingMessage, response: ServerResponse): never;
}

export function openKeyRefusals(log: Logger, nowMs: () => number): KeyRefusals {
  const wrongKeys = openWrongKeys(wrongKeyLimits, nowMs);
  return {
    refuse(given, request, response) {
      const path = pathOf(request);
      if (given === 'another') {
        const address = request.socket.remoteAddress ?? '';
        const { throttled, retrySeconds, toLog } = wrongKeys.note(address);
        const line = { requestId: requestIdOf(response), address, path: path.slice(0, 200), count: toLog };
        if (toLog > 0) log.warn(line, 'A call came with a wrong API key');
        if (throttled) {
          response.setHeader('retry-after', String(retrySeconds));
          throw tooMany();
        }
      }
      response.setHeader('www-authenticate', `${isDocsPage(path) ? 'Basic' : 'Bearer'} realm="tandem"`);
      throw unauthorised(given, placeOfKey(path));
    },
  };
}

/** Where a request to this path brings its key. */
function placeOfKey(path: string): string {
  if (path === loginPath) return '';
  const orPassword = isDocsPage(path) ? ', or as the password a browser asks for' : '';
  return ` in the header x-api-key or as a bearer token${orPassword}`;
}

function unauthorised(given: Given, place: string): TandemError {
  return new TandemError({
    code: ErrorCode.Unauthorised,
    message: `API key: expected a key of this coordinator${place}, got ${given}`,
    help:
      'A key is the one the coordinator printed at its first start, its TANDEM_API_KEY, or one of tandem keys create ' +
      'that is neither revoked nor expired.',
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
