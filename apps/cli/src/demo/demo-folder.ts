import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository; this file is compiled to dist/apps/cli/src/demo/. */
export const repository = fileURLToPath(new URL('../../../../../', import.meta.url));

/** The demo's recipe and packages, and the folder of its drawings, which every demo shares. */
export const recipePath = join(repository, 'demo', 'run.yaml');
export const packagesFolder = join(repository, 'demo', 'node_modules');
export const packagesLock = join(repository, 'demo', 'package-lock.json');
export const dataFolder = join(repository, 'demo', 'out', 'data');

/** Where a demo writes its output. In demo/, git ignores these paths. */
export interface DemoFolder {
  /** Folder of report.html and report.png. */
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
