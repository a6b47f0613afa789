import { startThread } from '#threads/thread-client.js';

/** Work of one thread: its share of blobs in shared memory. */
export interface PassCall {
  readonly kind: 'pass';
  readonly rewritten: readonly Uint8Array[];
  readonly read: readonly Uint8Array[];
  readonly share: number;
  readonly shares: number;
  /** 1, which the compiler cannot know: multiplying by it is a read and a write. */
  readonly one: number;
}
export interface PassResults {
  pass: number;
}

/** One pass over memory by several threads: what reading and writing so many bytes costs at least. */
export interface MemoryPass {
  /** Read every byte of the blobs and write those of `rewritten` again; all in shared memory. */
  run(blobs: { readonly rewritten: readonly Uint8Array[]; readonly read: readonly Uint8Array[] }): Promise<void>;
  close(): Promise<void>;
}

export function openMemoryPass(threads: number): MemoryPass {
  const clients = Array.from({ length: threads }, () =>
    startThread<PassCall, PassResults>({
      entry: new URL('./memory-pass-thread.js', import.meta.url),
      failure: (message) => new Error(`The pass over memory failed: ${message}`),
    }),
  );
  return {
    async run({ rewritten, read }) {
      await Promise.all(
        clients.map((client, share) => client.call({ kind: 'pass', rewritten, read, share, shares: threads, one: 1 })),
      );
    },
    async close() {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}
