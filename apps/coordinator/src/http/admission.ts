import type { IncomingMessage, ServerResponse } from 'node:http';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Access, Caller } from './access.js';
import { pageHeader } from './access.js';
import type { KeyRefusals } from './key-refusals.js';
import { setRequestId } from './request-id.js';

export type Handler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

const callers = new WeakMap<IncomingMessage, Caller>();

/** Who sent a request that was admitted. */
export function callerOf(request: IncomingMessage): Caller {
  return callers.get(request) ?? { standing: 'stranger' };
}

/** How often the callers of open requests are looked at again. */
const lookMs = 2000;

/** Admits requests, until it is closed. */
export interface Admission {
  readonly handler: Handler;
  close(): void;
}

/**
 * The first middleware, before the body parser and the router. It gives each request an id, and refuses a request that
 * needs a key and does not have it. An answer that takes long, such as a stream, is cut off once its caller's key or
 * session has ended.
 */
export function openAdmission(access: Access, refusals: KeyRefusals): Admission {
  const open = new Map<ServerResponse, Caller>();
  const look = setInterval(() => {
    for (const [response, caller] of open) if (!access.isValid(caller)) response.destroy();
  }, lookMs).unref();
  return {
    handler(request, response, next) {
      setRequestId(request, response);
      response.setHeader('x-content-type-options', 'nosniff');
      const decision = access.admit(request);
      if (decision.admitted) {
        const { caller } = decision;
        callers.set(request, caller);
        if (caller.standing === 'key') {
          open.set(response, caller);
          response.once('close', () => open.delete(response));
        }
        return next();
      }
      // The body is not read, so the connection cannot be used for another request.
      response.setHeader('connection', 'close');
      if (decision.given === 'session') throw anotherSite();
      refusals.refuse(decision.given, request, response);
    },
    close: () => clearInterval(look),
  };
}

function anotherSite(): TandemError {
  return new TandemError({
    code: ErrorCode.Forbidden,
    message: `Session: expected the header ${pageHeader}: 1 with a request that changes something, got none`,
    help: 'The web page sends it, and no other site can. Programs give a key in the header x-api-key instead.',
  });
}
