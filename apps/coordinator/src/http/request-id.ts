import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

const header = 'x-request-id';

/** Gives the answer the id of its request: the caller's own if it sent a valid one. */
export function setRequestId({ headers }: IncomingMessage, response: ServerResponse): void {
  const given = headers[header];
  response.setHeader(header, typeof given === 'string' && /^[\w-]{8,64}$/.test(given) ? given : randomUUID());
}

/** The request id, which is in the answer and in log lines about the request. */
export function requestIdOf(response: ServerResponse): string {
  return String(response.getHeader(header));
}
