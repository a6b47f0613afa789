import type { Handle } from './engine-message.js';

/** What a thread keeps for its owner, who names each thing by a handle; no two things of a thread have the same. */
export interface HandleTable<T> {
  keep(entry: T): Handle;
  /** Throws where the handle's entry was removed. */
  at(handle: Handle): T;
  replace(handle: Handle, entry: T): void;
  /** Gives out the entry for the last time. Throws as `at` does. */
  remove(handle: Handle): T;
  entries(): T[];
}

let nextHandle = 1;

/** `what` names an entry in the error of one that is used after it was removed. */
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
