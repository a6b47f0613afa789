import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * A small process that outlives this one by a moment. However this process ends, the reaper then kills the processes it
 * was told to watch and removes the folders it was given, so that even kill -9 leaves nothing behind.
 */
export interface Reaper {
  watch(pid: number): void;
  forget(pid: number): void;
  /** Have a folder removed when this process is gone. */
  remove(folder: string): void;
  /** End the reaper, which first does what is left to do. */
  close(): Promise<void>;
}

export function startReaper(): Reaper {
  const child = spawn(process.execPath, [fileURLToPath(new URL('reaper-process.js', import.meta.url))], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  child.unref();
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const tell = (order: ReaperOrder): void => void child.stdin.write(`${JSON.stringify(order)}\n`);
  child.stdin.on('error', () => undefined); // Someone killed the reaper: nothing cleans up then, and all else goes on.
  return {
    watch: (pid) => tell({ kind: 'watch', pid }),
    forget: (pid) => tell({ kind: 'forget', pid }),
    remove: (folder) => tell({ kind: 'remove', folder }),
    async close() {
      child.ref();
      child.stdin.end();
      await ended;
    },
  };
}

export type ReaperOrder =
  | { readonly kind: 'watch'; readonly pid: number }
  | { readonly kind: 'forget'; readonly pid: number }
  | { readonly kind: 'remove'; readonly folder: string };
