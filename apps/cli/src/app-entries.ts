import { fileURLToPath } from 'node:url';

/** The files that start a coordinator, a worker and the replay of a step. */
export const appEntries = {
  coordinator: appEntry('coordinator/src/main.js'),
  worker: appEntry('worker/src/main.js'),
  replay: appEntry('coordinator/src/replay.js'),
} as const;

function appEntry(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}
