import type { Handle } from './engine-message.js';

/** Entries that a thread keeps for its owner, who refers to each by a handle. Handles are unique within a thread. */
export interface HandleTable<T> {
  keep(entry: T): Handle;
  /** Throws if the handle's entry was removed. */
  at(handle: Handle): T;
  replace(handle: Handle, entry: T): void;
  /** Remove the entry and return it. Throws as `at` does. */
  remove(handle: Handle): T;
  entries(): T[];
}

let nextHandle = 1;

/** `what` describes an entry in the error message for one that is used after it was removed. */
export function openHandleTable<T>(what: string): HandleTable<T> {
  const entries = new Map<Handle, T>();
  const at = (handle: Handle): T => {
    if (!entries.has(handle)) throw new Error(`internal: ${what} was used after it was disposed of`);
    return entries.get(handle) as T;
  };
  return {
    keep(entry) {
      entries.set(nextHandle, entry);
      return nextHandle++;
    },
    at,
    replace(handle, entry) {
      entries.set(handle, entry);
    },
    remove(handle) {
      const entry = at(handle);
      entries.delete(handle);
      return entry;
    },
    entries: () => [...entries.values()],
  };
}
