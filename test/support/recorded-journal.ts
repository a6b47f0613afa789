import type { Store } from '#store/store.js';

/** A store that also records every gradient written to the journal through it, in order. */
export function recordJournal(store: Store): { readonly store: Store; readonly gradients: Uint8Array[] } {
  const gradients: Uint8Array[] = [];
  const putIfAbsent: Store['putIfAbsent'] = (key, bytes, ...rest) => {
    if (key.includes('/journal/')) gradients.push(bytes.slice());
    return store.putIfAbsent(key, bytes, ...rest);
  };
  return { store: { ...store, putIfAbsent }, gradients };
}
