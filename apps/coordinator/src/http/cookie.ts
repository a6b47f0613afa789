import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';

/** The cookie of the web page's session. No script can read it, and no other site has it sent. */
export const cookieName = 'tandem_session';

/** The token in a request's cookie. */
export function tokenOf({ headers }: IncomingMessage): string | undefined {
  return new RegExp(`(?:^|;\\s*)${cookieName}=([\\w-]{1,100})(?:;|$)`).exec(headers.cookie ?? '')?.[1];
}

/**
 * A Set-Cookie header, with a life of `lifeMs` milliseconds; 0 removes the cookie. It names no path: by RFC 6265 the
 * browser then takes the folder of `session`, which a proxy may have put below any path. So other programs behind the
 * same proxy do not get it.
 */
export function cookieOf(token: string, lifeMs: number, { socket, headers }: IncomingMessage): string {
  // A proxy that ends TLS says so. Who sends this header without TLS only keeps the cookie from its own browser.
  const isEncrypted = (socket as Partial<TLSSocket>).encrypted === true || headers['x-forwarded-proto'] === 'https';
  const secure = isEncrypted ? '; Secure' : '';
  return `${cookieName}=${token}; HttpOnly; SameSite=Strict; Max-Age=${Math.floor(lifeMs / 1000)}${secure}`;
}
