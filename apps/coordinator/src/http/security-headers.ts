import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { isLoopbackHost } from '#protocol/loopback.js';

/**
 * What a browser may do with an answer: run scripts of this server only, send nothing elsewhere, and show it in no
 * other page. Styles may be inline, because the API's description and charts have them.
 */
const headers: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; object-src 'none'; " +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

export function setSecurityHeaders(request: IncomingMessage, response: ServerResponse): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (/^\/(v1|session)(\/|\?|$)/.test(request.url ?? '')) response.setHeader('cache-control', 'no-store');
  const isEncrypted = (request.socket as Partial<TLSSocket>).encrypted === true;
  // On localhost it would keep the browser from whatever else listens there without TLS.
  if (isEncrypted && !isLoopbackHost(request.headers.host))
    response.setHeader('strict-transport-security', 'max-age=31536000');
}
