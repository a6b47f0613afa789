import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root; this file is compiled to dist/apps/cli/src/demo/. */
export const repository = fileURLToPath(new URL('../../../../../', import.meta.url));

/** The demo's own files, and its drawings, which every demo shares. */
export const recipePath = join(repository, 'demo', 'run.yaml');
export const packagesFolder = join(repository, 'demo', 'node_modules');
export const packagesLock = join(repository, 'demo', 'package-lock.json');
export const dataFolder = join(repository, 'demo', 'out', 'data');

/** Where a demo puts what it makes, git-ignored in demo/. */
export interface DemoFolder {
  /** report.html and report.png go here. */
  readonly report: string;
  readonly result: string;
  readonly out: string;
  readonly store: string;
  readonly logs: string;
  readonly checkpoint: string;
}

export function demoFolder(folder = join(repository, 'demo')): DemoFolder {
  const out = join(folder, 'out');
  return {
    report: folder,
    result: join(folder, 'result.json'),
    out,
    store: join(out, 'store'),
    logs: join(out, 'logs'),
    checkpoint: join(out, 'checkpoint'),
  };
}
