import { fileURLToPath } from 'node:url';

/** Files that start coordinator and worker, each a process of its own. */
export const appEntries = { coordinator: appEntry('coordinator'), worker: appEntry('worker') } as const;

function appEntry(app: string): string {
  return fileURLToPath(new URL(`../../${app}/src/main.js`, import.meta.url));
}
