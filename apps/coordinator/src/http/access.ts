import type { IncomingMessage } from 'node:http';
import type { ApiKey } from './api-key.js';
import { isLoopbackHost } from '#protocol/loopback.js';

/**
 * `key`: the caller gave the API key. `local`: it did not, but only callers on this machine can reach the coordinator.
 * `stranger`: neither.
 */
export type Standing = 'key' | 'local' | 'stranger';

/** What a caller without the right key sent: no key, or a wrong one. */
export type Given = 'none' | 'another';

export type Admission =
  { readonly admitted: true; readonly standing: Standing } | { readonly admitted: false; readonly given: Given };

/** Decides who may call what. */
export interface Access {
  admit(request: IncomingMessage): Admission;
}

/** Open to everyone. They only tell that the coordinator runs and whether it is ready. */
const openPaths: ReadonlySet<string> = new Set(['/health/live', '/health/ready']);
/** Open without a key if only this machine can reach the coordinator. Any other path needs the key. */
const localPaths: ReadonlySet<string> = new Set(['/', '/metrics', '/docs-json']);

/** `loopbackOnly`: only this machine can reach the coordinator. */
export function openAccess(key: ApiKey, loopbackOnly: boolean): Access {
  return {
    admit(request) {
      const path = pathOf(request);
      const candidate = keyOf(request, path);
      if (candidate !== undefined && key.accepts(candidate)) return { admitted: true, standing: 'key' };
      // Against DNS rebinding: a web page whose host name resolves to 127.0.0.1 sends that name in its Host header.
      const standing = loopbackOnly && isLoopbackHost(request.headers.host) ? 'local' : 'stranger';
      // Nobody without the key is read to: a body would be kept in memory and parsed.
      const isRead = /^(GET|HEAD)$/.test(request.method ?? '') && !hasBody(request);
      const isOpen = openPaths.has(path) || (standing === 'local' && (localPaths.has(path) || isDocsPage(path)));
      if (isOpen && isRead && candidate === undefined) return { admitted: true, standing };
      return { admitted: false, given: candidate === undefined ? 'none' : 'another' };
    },
  };
}

/** Is the path a page of the API description, which is opened in a browser? */
export function isDocsPage(path: string): boolean {
  return path === '/docs' || path.startsWith('/docs/');
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

export function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0]!;
}

function keyOf({ headers }: IncomingMessage, path: string): string | undefined {
  const header = headers['x-api-key'];
  if (typeof header === 'string' && header !== '') return header;
  const [, scheme = '', value = ''] = /^(\w+)\s+(\S+)\s*$/.exec(headers.authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return value;
  // A browser can ask its user for a password, but not for a header. Only the docs pages accept one: a browser resends
  // a stored password with any request, so elsewhere other sites could act for the user.
  if (scheme.toLowerCase() === 'basic' && isDocsPage(path))
    return Buffer.from(value, 'base64').toString().split(':').slice(1).join(':');
  return undefined;
}
