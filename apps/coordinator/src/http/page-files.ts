import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { pathOf } from './access.js';

/** Where the build puts the page of apps/dashboard. */
const folder = fileURLToPath(new URL('../../../dashboard/public/', import.meta.url));

/**
 * Scripts and styles come from the coordinator alone, and none is written in the page itself. A picture that the user
 * chose is a blob: URL, and marks of the editor are data: URLs. No other site may show the page in a frame.
 */
const headers: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; form-action 'none'; " +
    "frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** What Express adds to an answer. */
interface FileResponse extends ServerResponse {
  sendFile(path: string, options: { readonly root: string; readonly cacheControl: boolean }): void;
}

/**
 * Serves the page to browsers: GET / where it accepts text/html, and /assets/, whose names hold the hashes of their
 * contents. They hold no data, so they are open to everyone who can reach the coordinator; use it before `admission`.
 */
export function servePage(app: NestExpressApplication): void {
  if (!existsSync(folder)) return;
  app.use((request: IncomingMessage, response: FileResponse, next: () => void) => {
    if (pathOf(request) !== '/' || !/^(GET|HEAD)$/.test(request.method ?? '')) return next();
    response.setHeader('vary', 'accept');
    if (!request.headers.accept?.includes('text/html')) return next();
    addHeaders(response);
    response.setHeader('cache-control', 'no-cache');
    response.sendFile('index.html', { root: folder, cacheControl: false });
  });
  app.useStaticAssets(`${folder}assets`, {
    prefix: '/assets/',
    index: false,
    redirect: false,
    immutable: true,
    maxAge: '1y',
    setHeaders: addHeaders,
  });
}

function addHeaders(response: ServerResponse): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}
