import { startThread } from '#threads/thread-client.js';

/** The work of one thread: its share of blobs in shared memory. */
export interface PassCall {
  readonly kind: 'pass';
  readonly rewritten: readonly Uint8Array[];
  readonly read: readonly Uint8Array[];
  readonly share: number;
  readonly shares: number;
  /** Always 1. The compiler cannot know that, so multiplying by it reads and writes every value. */
  readonly one: number;
}
export interface PassResults {
  pass: number;
}

/** A pass over memory by several threads: the least time in which that many bytes can be read and written. */
export interface MemoryPass {
  /** Read every byte of the blobs, which are in shared memory, and write those of `rewritten` again, unchanged. */
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
