import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { run, timed } from './run.mjs';

const folders = ['apps', 'libs', 'test', 'bench'];

/** Compiles with tsc if any source was added, changed or removed since the last build. */
export function build(root) {
  const sources = folders.flatMap((folder) => filesBelow(join(root, folder), '.ts'));
  const state = stateOf(root, [...sources, join(root, 'tsconfig.json'), join(root, 'package-lock.json')]);
  const stamp = join(root, 'dist', '.built');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === state) return;
  timed('Building', () => {
    removeOrphans(root, new Set(sources.map((path) => relative(root, path))));
    run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.json'], {
      cwd: root,
      what: 'Building',
    });
  });
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(stamp, state);
}

/** Removes compiled files whose source is gone; otherwise they would still be tested and started. */
function removeOrphans(root, sources) {
  const dist = join(root, 'dist');
  for (const path of folders.flatMap((folder) => filesBelow(join(dist, folder), '.js'))) {
    if (sources.has(relative(dist, path).replace(/\.js$/, '.ts'))) continue;
    rmSync(path);
    rmSync(`${path}.map`, { force: true });
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

function filesBelow(folder, ending) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending) && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name));
}
