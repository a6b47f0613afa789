import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root; this file is compiled to dist/apps/cli/src/demo/. */
const root = fileURLToPath(new URL('../../../../../', import.meta.url));

/** Where the demo reads and writes. All but the recipe is git-ignored. */
export const demoFolder = {
  root,
  demo: join(root, 'demo'),
  recipe: join(root, 'demo', 'run.yaml'),
  result: join(root, 'demo', 'result.json'),
  /** Made anew by each demo, but for `data`. */
  out: join(root, 'demo', 'out'),
  data: join(root, 'demo', 'out', 'data'),
  store: join(root, 'demo', 'out', 'store'),
  logs: join(root, 'demo', 'out', 'logs'),
  checkpoint: join(root, 'demo', 'out', 'checkpoint'),
} as const;
