import { useCallback, useEffect, useState } from 'preact/hooks';
import type { Scope } from '#protocol/access/scope.js';
import { keyInAddress } from '../route.js';
import { closeSession, getSession, openSession } from './calls.js';
import { ApiError, onLogout } from './http.js';

/** Whether somebody is logged in, and what they may do. */
export type Session =
  | { readonly kind: 'asking' }
  | { readonly kind: 'out' }
  | { readonly kind: 'silent'; readonly error: ApiError }
  | { readonly kind: 'in'; readonly scopes: readonly Scope[] };

export interface SessionControl {
  readonly session: Session;
  /** Throws an ApiError if the key is not right. */
  logIn(key: string): Promise<void>;
  logOut(): Promise<void>;
}

const askAgainMs = 3000;

export function useSession(): SessionControl {
  const [session, setSession] = useState<Session>({ kind: 'asking' });
  const ask = useCallback(async () => {
    try {
      const { scopes } = await getSession();
      setSession({ kind: 'in', scopes });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setSession(error.status === 401 ? { kind: 'out' } : { kind: 'silent', error });
    }
  }, []);
  useEffect(() => {
    const key = keyInAddress(location.hash);
    if (key === undefined) return void ask();
    // Neither the history nor a bookmark is to hold the key.
    history.replaceState(null, '', '#/');
    openSession(key).then(ask, ask);
  }, [ask]);
  useEffect(() => onLogout(() => setSession({ kind: 'out' })), []);
  useEffect(() => {
    if (session.kind !== 'silent') return undefined;
    const timer = setTimeout(() => void ask(), askAgainMs);
    return () => clearTimeout(timer);
  }, [session, ask]);
  return {
    session,
    async logIn(key) {
      await openSession(key);
      await ask();
    },
    async logOut() {
      await closeSession();
      setSession({ kind: 'out' });
    },
  };
}
