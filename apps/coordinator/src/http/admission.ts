import type { IncomingMessage, ServerResponse } from 'node:http';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { isHealthPath, pageHeader, pathOf, type Access, type Caller, type Decision } from './access.js';
import type { KeyRefusals } from './limits/key-refusals.js';
import type { RequestRates } from './limits/request-rates.js';
import type { RequestTurns } from './limits/request-turns.js';
import { networkOf } from './limits/token-buckets.js';
import { setRequestId } from './request-id.js';
import { setSecurityHeaders } from './security-headers.js';

export type Handler = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

const callers = new WeakMap<IncomingMessage, Caller>();

/** Who sent a request that was admitted. */
export function callerOf(request: IncomingMessage): Caller {
  return callers.get(request) ?? { standing: 'stranger' };
}

/** Notes who sent a request that brought its key in its body. */
export function setCaller(request: IncomingMessage, caller: Caller): void {
  callers.set(request, caller);
}

/** How often the callers of open requests are looked at again. */
const lookMs = 2000;

const listenersMax = 32;

/** Admits requests, until it is closed. */
export interface Admission {
  readonly handler: Handler;
  close(): void;
}

/**
 * The first middleware, before the body parser and the router. It gives each request an id, has it wait for its turn,
 * and refuses a request that needs a key and does not have it. An answer that takes long, such as a stream, is cut off
 * once its caller's key or session has ended.
 */
export function openAdmission(
  access: Access,
  { refusals, rates, turns }: { refusals: KeyRefusals; rates: RequestRates; turns: RequestTurns },
): Admission {
  const open = new Map<ServerResponse, Caller>();
  const look = setInterval(() => {
    for (const [response, caller] of open) if (!access.isValid(caller)) response.destroy();
  }, lookMs).unref();

  function admit(request: IncomingMessage, response: ServerResponse, decision: Decision): void {
    // The body of a request that is refused is not read, so its connection cannot be used for another.
    response.setHeader('connection', 'close');
    // Who asks whether the coordinator lives must not be told that it is busy.
    if (!isHealthPath(pathOf(request))) rates.check(decision.admitted ? decision.caller : 'refused', request, response);
    if (!decision.admitted) {
      if (decision.given === 'session') throw anotherSite();
      return refusals.refuse(decision.given, request, response);
    }
    response.removeHeader('connection');
    const { caller } = decision;
    callers.set(request, caller);
    if (caller.standing !== 'key') return;
    open.set(response, caller);
    response.once('close', () => open.delete(response));
  }

  return {
    handler(request, response, next) {
      // Each part that a request passes may wait for the end of its answer, and a piped answer does so several times.
      response.setMaxListeners(listenersMax);
      setRequestId(request, response);
      setSecurityHeaders(request, response);
      const decision = access.admit(request);
      turns.take(nameOf(decision, request), response, () => {
        try {
          // Its key may have been revoked while it waited.
          const isValid = !decision.admitted || access.isValid(decision.caller);
          admit(request, response, isValid ? decision : { admitted: false, given: 'another' });
        } catch (error) {
          return next(error);
        }
        next();
      });
    },
    close() {
      clearInterval(look);
      turns.close();
    },
  };
}

/** Whose turn it is: a key's, an address's, or that of one who asks whether the coordinator lives. */
function nameOf(decision: Decision, request: IncomingMessage): string {
  if (decision.admitted && decision.caller.standing === 'key') return `key ${decision.caller.key.id}`;
  const kind = isHealthPath(pathOf(request)) ? 'health' : 'address';
  return `${kind} ${networkOf(request.socket.remoteAddress ?? '')}`;
}

function anotherSite(): TandemError {
  return new TandemError({
    code: ErrorCode.Forbidden,
    message: `Session: expected the header ${pageHeader}: 1 with a request that changes something, got none`,
    help: 'The web page sends it, and no other site can. Programs give a key in the header x-api-key instead.',
  });
}
