import type { IncomingMessage } from 'node:http';
import { isLoopbackHost } from '#protocol/loopback.js';
import type { KeyRing, KnownKey } from '../keys/key-ring.js';
import type { Sessions } from '../keys/sessions.js';
import { tokenOf } from './cookie.js';

/**
 * `key`: the caller gave a key, or has a session that was opened with it. `local`: it did not, but only callers on this
 * machine can reach the coordinator. `stranger`: neither.
 */
export type Caller =
  | { readonly standing: 'key'; readonly key: KnownKey; /** The token of its session. */ readonly session?: string }
  | { readonly standing: 'local' | 'stranger' };

/** What a caller without the right key sent: no key, or a wrong one. */
export type Given = 'none' | 'another';

/** `session`: the caller has one, but the request may come from another site's page. */
export type Decision =
  | { readonly admitted: true; readonly caller: Caller }
  | { readonly admitted: false; readonly given: Given | 'session' };

/** Decides who may call what. */
export interface Access {
  admit(request: IncomingMessage): Decision;
  /** May a caller that was admitted go on? */
  isValid(caller: Caller): boolean;
}

/** Open to everyone. They only tell that the coordinator runs and whether it is ready. */
const openPaths: ReadonlySet<string> = new Set(['/health/live', '/health/ready']);
/** Open without a key if only this machine can reach the coordinator. Any other path needs the key. */
const localPaths: ReadonlySet<string> = new Set(['/', '/metrics', '/docs-json']);

/** A page of another site can neither send this header nor have the browser ask whether it may. */
export const pageHeader = 'x-tandem-page';

/** Where a key becomes a session. */
export const loginPath = '/session';
/** A key in JSON takes much less. */
const loginBytesMax = 4096;

/** `loopbackOnly`: only this machine can reach the coordinator. */
export function openAccess(keys: KeyRing, sessions: Sessions, loopbackOnly: boolean): Access {
  return {
    admit(request) {
      const path = pathOf(request);
      const candidate = keyOf(request, path);
      const key = candidate === undefined ? undefined : keys.find(candidate);
      if (key) return { admitted: true, caller: { standing: 'key', key } };
      // Against DNS rebinding: a web page whose host name resolves to 127.0.0.1 sends that name in its Host header.
      const isLocal = loopbackOnly && isLoopbackHost(request.headers.host) && !isForwarded(request);
      const standing = isLocal ? 'local' : 'stranger';
      const isRead = /^(GET|HEAD)$/.test(request.method ?? '');
      if (candidate === undefined) {
        if (isLogin(request, path)) return { admitted: true, caller: { standing } };
        const session = tokenOf(request);
        const its = session === undefined ? undefined : sessions.find(session);
        if (session !== undefined && its) {
          if (!isRead && request.headers[pageHeader] !== '1') return { admitted: false, given: 'session' };
          return { admitted: true, caller: { standing: 'key', key: its, session } };
        }
      }
      // Nobody without a key is read to: a body would be kept in memory and parsed.
      const isOpen = openPaths.has(path) || (standing === 'local' && (localPaths.has(path) || isDocsPage(path)));
      if (isOpen && isRead && !hasBody(request) && candidate === undefined)
        return { admitted: true, caller: { standing } };
      return { admitted: false, given: candidate === undefined ? 'none' : 'another' };
    },
    isValid(caller) {
      if (caller.standing !== 'key') return true;
      return caller.session === undefined ? keys.has(caller.key.id) : sessions.find(caller.session) !== undefined;
    },
  };
}

/** Has a proxy of this machine passed it on? Then its caller may be anywhere. */
function isForwarded({ headers }: IncomingMessage): boolean {
  return headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined;
}

/** The one body that is read of a caller without a key: a short one. */
function isLogin({ method, headers }: IncomingMessage, path: string): boolean {
  const isShort = headers['transfer-encoding'] === undefined && Number(headers['content-length']) <= loginBytesMax;
  return method === 'POST' && path === loginPath && isShort;
}

export function isHealthPath(path: string): boolean {
  return openPaths.has(path);
}

/** Is the path a page of the API description, which is opened in a browser? */
export function isDocsPage(path: string): boolean {
  return path === '/docs' || path.startsWith('/docs/');
}

export function hasBody({ headers }: IncomingMessage): boolean {
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
