import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError, run, timed } from './run.mjs';

/** `npm ci` in `folder`, unless node_modules already holds what package-lock.json asks for. */
export async function installPackages(folder, title) {
  if (!existsSync(join(folder, 'package-lock.json')) || isInstalled(folder)) return;
  const modules = join(folder, 'node_modules');
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new SetupError(
      `${modules} is a link to packages that differ from package-lock.json.\n  Install where it ` +
        'points to, or remove the link.',
    );
  }
  await timed(`Installing ${title}`, () =>
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder, what: `Installing ${title}` }),
  );
}

/**
 * Does node_modules hold the versions of the lock? Compared by content, since a checkout changes file times.
 * npm keeps what it installed in node_modules/.package-lock.json; packages for other platforms are absent there.
 */
function isInstalled(folder) {
  const wanted = packagesOf(join(folder, 'package-lock.json'));
  const present = packagesOf(join(folder, 'node_modules', '.package-lock.json'));
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const found = present[path];
    return found
      ? found.version === entry.version
      : entry.optional === true || entry.devOptional === true || entry.peer === true;
  });
}

function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
