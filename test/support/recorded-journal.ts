import type { Store } from '#store/store.js';

/** The store, and every gradient that was written to a run's journal through it, in order. */
export function recordJournal(store: Store): { readonly store: Store; readonly gradients: Uint8Array[] } {
  const gradients: Uint8Array[] = [];
  const putIfAbsent: Store['putIfAbsent'] = (key, bytes, ...rest) => {
    if (key.includes('/journal/')) gradients.push(bytes.slice());
    return store.putIfAbsent(key, bytes, ...rest);
  };
  return { store: { ...store, putIfAbsent }, gradients };
}
