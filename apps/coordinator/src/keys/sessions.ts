import { createHash, randomBytes } from 'node:crypto';
import type { KnownKey } from './key-ring.js';

/**
 * Logins of the web page. A session stands for the key it was opened with, and ends with it, after `sessionMs`, or when
 * the coordinator ends: only hashes of its tokens are kept, in memory.
 */
export interface Sessions {
  /** Returns the token, 256 random bits. */
  open(key: KnownKey): string;
  /** The key that a session stands for, while it is open. */
  find(token: string): KnownKey | undefined;
  close(token: string): void;
}

export const sessionMs = 12 * 3_600_000;
/** Of one key; the oldest ends when there is another. */
const sessionsMax = 100;

interface Session {
  readonly key: KnownKey;
  readonly endsAtMs: number;
}

/** `isValid`: is this still a key that callers may give? */
export function openSessions(isValid: (keyId: string) => boolean, nowMs: () => number): Sessions {
  /** By the hash of the token, the oldest first. */
  const sessions = new Map<string, Session>();
  const sweep = (): void => {
    for (const [hash, { key, endsAtMs }] of sessions)
      if (nowMs() >= endsAtMs || !isValid(key.id)) sessions.delete(hash);
  };
  return {
    open(key) {
      sweep();
      const own = [...sessions].filter((session) => session[1].key.id === key.id);
      for (const [hash] of own.slice(0, Math.max(0, own.length - sessionsMax + 1))) sessions.delete(hash);
      const token = randomBytes(32).toString('base64url');
      sessions.set(hashOf(token), { key, endsAtMs: nowMs() + sessionMs });
      return token;
    },
    find(token) {
      const session = sessions.get(hashOf(token));
      return session && nowMs() < session.endsAtMs && isValid(session.key.id) ? session.key : undefined;
    },
    close: (token) => void sessions.delete(hashOf(token)),
  };
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
