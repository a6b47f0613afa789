import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { createRequire } from 'node:module';
import { buildPage, isPageBuilt } from './page.mjs';
import { SetupError, run, timed } from './run.mjs';

const folders = ['apps', 'libs', 'test', 'bench'];
/** What each kind of source becomes in dist/. */
const outputOf = { '.ts': '.js', '.wat': '.wasm' };

/** The page is built by itself: the compiler does not see its folder, and what is there is no orphan. */
const pageFolder = join('apps', 'dashboard');

/** Builds what has changed since the last build: TypeScript and WebAssembly, then the page. */
export async function build(root) {
  await compile(root);
  const state = stateOf(root, [
    ...['apps/dashboard', 'libs/protocol', 'libs/report', 'recipes'].flatMap((folder) =>
      filesBelow(join(root, folder)),
    ),
    ...['scripts/setup/page.mjs', 'package-lock.json'].map((path) => join(root, path)),
  ]);
  const stamp = join(root, 'dist', '.page-built');
  if (isPageBuilt(root) && existsSync(stamp) && readFileSync(stamp, 'utf8') === state) return;
  await timed('Building the page', () => buildPage(root));
  writeFileSync(stamp, state);
}

/** Compiles TypeScript and WebAssembly if any source was added, changed or removed since the last build. */
async function compile(root) {
  const sources = Object.keys(outputOf).flatMap((ending) =>
    folders.flatMap((folder) => filesBelow(join(root, folder), ending)),
  );
  const state = stateOf(root, [...sources, join(root, 'tsconfig.json'), join(root, 'package-lock.json')]);
  const stamp = join(root, 'dist', '.built');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === state) return;
  await timed('Building', async () => {
    removeOrphans(root, new Set(sources.map((path) => relative(root, path))));
    await compileKernels(
      root,
      sources.filter((path) => path.endsWith('.wat')),
    );
    run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.json'], {
      cwd: root,
      what: 'Building',
    });
  });
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(stamp, state);
}

async function compileKernels(root, sources) {
  const { parseWat } = await createRequire(join(root, 'package.json'))('wabt')();
  for (const source of sources) {
    const target = join(root, 'dist', relative(root, source).replace(/\.wat$/, '.wasm'));
    mkdirSync(dirname(target), { recursive: true });
    try {
      writeFileSync(target, parseWat(relative(root, source), readFileSync(source, 'utf8')).toBinary({}).buffer);
    } catch (error) {
      throw new SetupError(`Building failed: ${error.message}`);
    }
  }
}

/** Removes compiled files whose source is gone; otherwise they would still be tested and started. */
function removeOrphans(root, sources) {
  const dist = join(root, 'dist');
  for (const [ending, output] of Object.entries(outputOf)) {
    for (const path of folders.flatMap((folder) => filesBelow(join(dist, folder), output))) {
      if (path.startsWith(join(dist, pageFolder, 'public'))) continue;
      if (sources.has(relative(dist, path).slice(0, -output.length) + ending)) continue;
      rmSync(path);
      rmSync(`${path}.map`, { force: true });
    }
  }
}

function stateOf(root, paths) {
  const hash = createHash('sha256');
  for (const path of paths.sort()) {
    const { mtimeMs, size } = statSync(path);
    hash.update(`${relative(root, path)} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}

function filesBelow(folder, ending = '') {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending) && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name));
}
