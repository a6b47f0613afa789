import { fileURLToPath } from 'node:url';

/** The files that start a coordinator and a worker process. */
export const appEntries = { coordinator: appEntry('coordinator'), worker: appEntry('worker') } as const;

function appEntry(app: string): string {
  return fileURLToPath(new URL(`../../${app}/src/main.js`, import.meta.url));
}
