import type { IncomingMessage } from 'node:http';
import type { ApiKey } from './api-key.js';
import { isLoopbackHost } from './loopback.js';

/**
 * `key`: the caller gave the API key. `local`: only this machine can reach the coordinator, and the caller is on it.
 */
export type Standing = 'key' | 'local' | 'stranger';

/** What a caller gave in place of the key. */
export type Given = 'none' | 'another';

export type Admission =
  { readonly admitted: true; readonly standing: Standing } | { readonly admitted: false; readonly given: Given };

/** Decides who may call what. */
export interface Access {
  admit(request: IncomingMessage): Admission;
}

/** Open to everyone, who learns from them only that the coordinator lives and whether it is ready. */
const openPaths: ReadonlySet<string> = new Set(['/health/live', '/health/ready']);
/** Open without a key where only this machine can reach the coordinator. What is in neither set needs the key. */
const localPaths: ReadonlySet<string> = new Set(['/', '/metrics', '/docs-json']);

/** @param loopbackOnly only this machine can reach the coordinator. */
export function openAccess(key: ApiKey, loopbackOnly: boolean): Access {
  return {
    admit(request) {
      const path = pathOf(request);
      const candidate = keyOf(request, path);
      if (candidate !== undefined && key.accepts(candidate)) return { admitted: true, standing: 'key' };
      // A page of another site that had its name resolved to this machine comes with its own name as host.
      const standing = loopbackOnly && isLoopbackHost(request.headers.host) ? 'local' : 'stranger';
      const isOpen = openPaths.has(path) || (standing === 'local' && (localPaths.has(path) || isDocsPage(path)));
      if (isOpen && candidate === undefined) return { admitted: true, standing };
      return { admitted: false, given: candidate === undefined ? 'none' : 'another' };
    },
  };
}

/** The pages of the API's description, which a browser opens. */
export function isDocsPage(path: string): boolean {
  return path === '/docs' || path.startsWith('/docs/');
}

export function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] as string;
}

function keyOf({ headers }: IncomingMessage, path: string): string | undefined {
  const header = headers['x-api-key'];
  if (typeof header === 'string' && header !== '') return header;
  const [, scheme = '', value = ''] = /^(\w+)\s+(\S+)\s*$/.exec(headers.authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return value;
  // A browser can be asked for a password, not for a header. Elsewhere one that it keeps would let other sites act for
  // its user.
  if (scheme.toLowerCase() === 'basic' && isDocsPage(path))
    return Buffer.from(value, 'base64').toString().split(':').slice(1).join(':');
  return undefined;
}
