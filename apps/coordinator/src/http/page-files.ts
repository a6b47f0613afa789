import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { pathOf } from './access.js';
import type { RequestRates } from './limits/request-rates.js';
import { setRequestId } from './request-id.js';
import { setSecurityHeaders } from './security-headers.js';

/** Where the build puts the page of apps/dashboard. */
const folder = fileURLToPath(new URL('../../../dashboard/public/', import.meta.url));

/**
 * Stricter than that of the API's description: scripts and styles come from the coordinator alone, and none is written
 * in the page itself. A picture that the user chose is a blob: URL, and marks of the editor are data: URLs.
 */
const policy =
  "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; form-action 'none'; " +
  "frame-ancestors 'none'";

/** What Express adds to an answer. */
interface FileResponse extends ServerResponse {
  sendFile(path: string, options: { readonly root: string; readonly cacheControl: boolean }): void;
}

/**
 * Serves the page to browsers: GET / where it accepts text/html, and /assets/, whose names hold the hashes of their
 * contents. They hold no data, so they are open to everyone who can reach the coordinator; use it before `admission`.
 * They count as requests without a key, by their address: throws THROTTLED.
 */
export function servePage(app: NestExpressApplication, rates: RequestRates): void {
  if (!existsSync(folder)) return;
  const count = (request: IncomingMessage, response: ServerResponse): void => {
    setRequestId(request, response);
    addHeaders(request, response);
    rates.check({ standing: 'stranger' }, request, response);
  };
  app.use((request: IncomingMessage, response: FileResponse, next: () => void) => {
    if (pathOf(request) !== '/' || !/^(GET|HEAD)$/.test(request.method ?? '')) return next();
    response.setHeader('vary', 'accept');
    if (!request.headers.accept?.includes('text/html')) return next();
    count(request, response);
    response.setHeader('cache-control', 'no-cache');
    response.sendFile('index.html', { root: folder, cacheControl: false });
  });
  app.use('/assets', (request: IncomingMessage, response: ServerResponse, next: () => void) => {
    count(request, response);
    next();
  });
  app.useStaticAssets(`${folder}assets`, {
    prefix: '/assets/',
    index: false,
    redirect: false,
    immutable: true,
    maxAge: '1y',
  });
}

function addHeaders(request: IncomingMessage, response: ServerResponse): void {
  setSecurityHeaders(request, response);
  response.setHeader('content-security-policy', policy);
}
