import type { Scope } from '#protocol/access/scope.js';
import type { ApiKey } from './api-key.js';

/** A key of the API, as far as others need to know it. */
export interface KnownKey {
  readonly id: string;
  readonly name: string;
  readonly scope: Scope;
}

/** The keys that callers may give. */
export interface KeyRing {
  /** The key that this is, if it is one. */
  find(candidate: string): KnownKey | undefined;
  /** Is this still a key that callers may give? */
  has(id: string): boolean;
}

/** The key of TANDEM_API_KEY, or the one that was made at the first start. */
export const firstKey: KnownKey = { id: 'first', name: 'TANDEM_API_KEY', scope: 'admin' };

export function openKeyRing(first: ApiKey): KeyRing {
  return {
    find: (candidate) => (first.accepts(candidate) ? firstKey : undefined),
    has: (id) => id === firstKey.id,
  };
}
