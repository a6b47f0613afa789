// Goal: the package that `npm pack` makes works by itself: it has all built files, and imports no package that only the
// clone has. Method: it is unpacked beside nothing but the packages that it names, and trains a tiny model there.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeTinyData } from '../support/models/tiny-data.js';
import { tinyDocument } from '../support/models/tiny-run.js';

const run = promisify(execFile);
const clone = fileURLToPath(new URL('../../..', import.meta.url));

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
}

let folder: string;
let home: string;
let files: string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-package-'));
  home = join(folder, 'node_modules', 'tandem');
  await mkdir(home, { recursive: true });
  const packing = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const { stdout } = await run('npm', packing, { cwd: clone, maxBuffer: 2 ** 26 });
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  files = packed!.files.map(({ path }) => path);
  await run('tar', ['-xzf', join(folder, packed!.filename), '-C', home, '--strip-components', '1']);
  await linkPackages();
});
afterAll(() => rm(folder, { recursive: true }));

/** Links what an installation without development packages has, and nothing else. */
async function linkPackages(): Promise<void> {
  const { default: lock } = (await import(join(clone, 'package-lock.json'), { with: { type: 'json' } })) as {
    default: Lock;
  };
  const names = Object.entries(lock.packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional)
    .map(([path]) => path)
    .filter((path) => path.lastIndexOf('node_modules/') === 0);
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await symlink(join(clone, name), join(folder, name));
  }
}

const tandem = async (...args: string[]): Promise<string> => {
  const { REDIS_URL: _theirs, npm_command: _npm, ...environment } = process.env;
  const { stdout, stderr } = await run(process.execPath, [join(home, 'scripts', 'tandem.mjs'), ...args], {
    cwd: folder,
    env: { ...environment, CI: '1', TANDEM_DEVICE: 'cpu', TANDEM_CACHE: 'off' },
  });
  return stdout + stderr;
};

it('has built files, documents and recipes, and neither tests nor sources', () => {
  expect(files).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'docs/own-data.md', 'recipes/small.yaml']));
  expect(files).toEqual(expect.arrayContaining(['deploy/prometheus/one-machine.yml', 'demo/run.yaml']));
  expect(files.filter((path) => path.endsWith('.env'))).toEqual([]);
  expect(files.filter((path) => path.endsWith('.wasm')).length).toBeGreaterThan(1);
  expect(files.filter((path) => /\.ts$|\.spec\.|\.map$|^(dist\/)?(test|bench)\//.test(path))).toEqual([]);
});

it('has what its documents link to, but for sources', async () => {
  const documents = files.filter((path) => path.endsWith('.md'));
  const missing: string[] = [];
  for (const document of documents) {
    const text = await readFile(join(home, document), 'utf8');
    for (const [, link] of text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)) {
      const path = normalize(join(dirname(document), link!));
      const isThere = files.some((file) => file === path || file.startsWith(`${path}/`));
      if (!isThere && !path.endsWith('.ts')) missing.push(`${document}: ${link}`);
    }
  }
  expect(documents.length).toBeGreaterThan(10);
  expect(missing).toEqual([]);
});

it('refuses the demo, which needs the clone', async () => {
  await expect(tandem('demo')).rejects.toThrow(/expected a clone of the repository/);
});

it('trains a model in a folder of its own', async () => {
  expect(await tandem('--help')).toMatch(/Train your own CLIP/);
  expect(await tandem('models')).toMatch(/ViT-B-32/);
  await writeTinyData(join(folder, 'data'));
  await writeFile(join(folder, 'run.yaml'), JSON.stringify(tinyDocument('data', { steps: 3 })));
  expect(await tandem('train', '--config', 'run.yaml', '--out', 'trained')).toMatch(/completed: All 3 steps/);
  expect(await readdir(join(folder, 'trained'))).toContain('store');
});
