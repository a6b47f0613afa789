import type { Store } from '#store/store.js';

/** Writes the newest value of a blob of a run. */
export interface RunFile<Value> {
  /** Has this value written. Of several that come during a write, only the newest is written. */
  write(value: Value): void;
  /** Resolves when the newest value is written, trying once more; rejects with STORE_FAILED if that fails. */
  settled(): Promise<void>;
}

export interface RunFileOptions<Value> {
  readonly key: string;
  readonly stores: readonly Store[];
  bytesOf(value: Value): Promise<Uint8Array> | Uint8Array;
  /** Nothing is written once this rejects. */
  checkOwner(): Promise<void>;
}

export function openRunFile<Value>({ key, stores, bytesOf, checkOwner }: RunFileOptions<Value>): RunFile<Value> {
  let next: { readonly value: Value } | undefined;
  let writing: Promise<void> = Promise.resolve();
  let busy = false;
  async function drain(): Promise<void> {
    busy = true;
    try {
      while (next) {
        await checkOwner();
        const newest = next;
        next = undefined;
        try {
          const bytes = await bytesOf(newest.value);
          for (const store of stores) await store.put(key, bytes, { durable: true });
        } catch (error) {
          next ??= newest; // Written with the next change, or when `settled` is called.
          throw error;
        }
      }
    } finally {
      busy = false;
    }
  }
  function begin(): Promise<void> {
    writing = drain();
    // settled() reports a failed write. Here it must not end the process as an unhandled rejection.
    writing.catch(() => undefined);
    return writing;
  }
  return {
    write(value) {
      next = { value };
      if (!busy) void begin();
    },
    async settled() {
      await writing.catch(() => undefined);
      if (next) await begin();
    },
  };
}
