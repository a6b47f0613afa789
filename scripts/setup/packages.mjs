import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError, run, timed } from './run.mjs';

/** Runs `npm ci` in `folder`, unless node_modules already contains what package-lock.json lists. */
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
 * Whether node_modules contains the versions in package-lock.json. Contents are compared rather than file times, which
 * a checkout changes. npm records what it installed in node_modules/.package-lock.json, without packages for other
 * platforms.
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
