import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';

/** The cookie of the web page's session. No script can read it, and no other site has it sent. */
export const cookieName = 'tandem_session';

/** The token in a request's cookie. */
export function tokenOf({ headers }: IncomingMessage): string | undefined {
  return new RegExp(`(?:^|;\\s*)${cookieName}=([\\w-]{1,100})(?:;|$)`).exec(headers.cookie ?? '')?.[1];
}

/** A Set-Cookie header, with a life of `lifeMs` milliseconds; 0 removes the cookie. */
export function cookieOf(token: string, lifeMs: number, { socket }: IncomingMessage): string {
  const secure = (socket as Partial<TLSSocket>).encrypted ? '; Secure' : '';
  return `${cookieName}=${token}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${Math.floor(lifeMs / 1000)}${secure}`;
}
