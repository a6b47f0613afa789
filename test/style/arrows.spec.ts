// Goal: imports follow the arrows of ARCHITECTURE.md. Method: dependency-cruiser reads every import. A second test
// builds a small tree that breaks each rule, so that a rule that no longer fires is noticed.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { root, sourceFiles } from '../support/source-files.js';

interface Report {
  readonly modules: readonly { readonly source: string }[];
  readonly summary: {
    readonly violations: readonly {
      readonly rule: { readonly name: string };
      readonly from: string;
      readonly to: string;
    }[];
  };
}

const scratch: string[] = [];
afterEach(() => {
  for (const folder of scratch.splice(0)) rmSync(folder, { recursive: true });
});

it('imports follow the arrows apps → libs → engine, without cycles', () => {
  const { modules, summary } = cruise(root);
  expect(modules.length).toBeGreaterThan(20);
  expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
});

it(
  'each rule fires: for a worker that imports the coordinator, a library that imports an app, the bench or a ' +
    'library above it, a bench or the simulation of a step that imports an app, a page that imports Node, and ' +
    'a cycle',
  () => {
    const folder = tree({
      'apps/worker/src/main.ts': `export { run } from '../../coordinator/src/main.js';`,
      'apps/coordinator/src/main.ts': 'export const run = 1;',
      'libs/store/src/store.ts':
        `export { run } from '../../../apps/coordinator/src/main.js';\nexport { a } from ` + `'./a.js';`,
      'libs/data/src/pairs.ts': `export { turns } from '../../../bench/turns.js';`,
      'bench/scaling/main.ts': `export { run } from '../../apps/coordinator/src/main.js';`,
      'bench/turns.ts': `export { run } from '../apps/coordinator/src/main.js';\nexport const turns = 5;`,
      'libs/weights/src/weights.ts': `export { predict } from '../../inference/src/predict.js';`,
      'libs/inference/src/predict.ts': 'export const predict = 1;',
      'apps/dashboard/src/app.tsx':
        `import 'node:fs';\nexport { a } from '../../../libs/store/src/a.js';` + `\nexport const b = 1;`,
      'apps/cli/src/page.ts': `export { b } from '../../dashboard/src/app.js';`,
      'libs/store/src/a.ts': `import type { a as other } from './store.js';\nexport const a: typeof other = 1;`,
    });
    const names = cruise(folder).summary.violations.map(({ rule }) => rule.name);
    const fired = [
      'worker-and-coordinator-apart',
      'lib-knows-no-app',
      'product-knows-no-bench',
      'no-circle',
      'bench-and-unit-tests-know-no-app',
      'scaling-knows-step-and-pool',
      'weights-stands-on-what-is-below',
      'dashboard-knows-protocol-and-figures',
      'dashboard-knows-no-node',
      'dashboard-is-known-to-no-one',
    ];
    expect(new Set(names)).toEqual(new Set(fired));
  },
);

it('libraries read no environment variable', () => {
  const read = /process\.env(?!\['\w+'\] (\?\?)?= )/; // Setting a variable for a package that reads it does not count.
  const readers = sourceFiles('libs').filter(({ path, text }) => !path.endsWith('.spec.ts') && read.test(text));
  expect(readers.map(({ path }) => path)).toEqual([]);
});

function cruise(folder: string): Report {
  const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [
    program,
    '--config',
    join(root, '.dependency-cruiser.cjs'),
    '--output-type',
    'json',
    'apps',
    'libs',
    'bench',
    ...(existsSync(join(folder, 'test')) ? ['test'] : []),
  ];
  return JSON.parse(
    execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 }),
  ) as Report;
}

function tree(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-arrows-'));
  scratch.push(folder);
  const all = {
    ...files,
    'tsconfig.json': '{ "compilerOptions": { "module": "nodenext" } }',
    'package.json': '{ "type": "module" }',
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}
