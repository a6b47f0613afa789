import type { RunStatus } from '#protocol/run/run-status.js';
import { runKeys } from '#store/run/keys.js';
import type { Store } from '#store/store.js';

/** Writes a run's status to its blobs. */
export interface StatusFile {
  /** Has this status written. Of several that come during a write, only the newest is written. */
  write(status: RunStatus): void;
  /** Resolves when the newest status is written, trying once more; rejects with STORE_FAILED if that fails. */
  settled(): Promise<void>;
}

/**
 * Keeps a run's status in each of `stores`: in the run's own, for readers who have only that store, and in the
 * coordinator's, from which it lists all runs. Writes nothing once `checkOwner` rejects.
 */
export function openStatusFile(stores: readonly Store[], checkOwner: () => Promise<void>): StatusFile {
  let next: RunStatus | undefined;
  let writing: Promise<void> = Promise.resolve();
  let busy = false;
  async function drain(): Promise<void> {
    busy = true;
    try {
      while (next) {
        await checkOwner();
        const status = next;
        next = undefined;
        const bytes = new TextEncoder().encode(`${JSON.stringify(status, null, 2)}\n`);
        try {
          for (const store of stores) await store.put(runKeys(status.id).status, bytes, { durable: true });
        } catch (error) {
          next ??= status; // Written with the next change, or when `settled` is called.
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
    write(status) {
      next = status;
      if (!busy) void begin();
    },
    async settled() {
      await writing.catch(() => undefined);
      if (next) await begin();
    },
  };
}
