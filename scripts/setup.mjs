// Makes a fresh clone ready to run: installs packages and Redis, and builds. `--demo` adds the demo's picture packages.
// Prints one line per step it carries out, and nothing if there is nothing to do. Uses only Node's own modules, because
// it runs before any package is installed.
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { build } from './setup/build.mjs';
import { installPackages } from './setup/packages.mjs';
import { ensureRedis } from './setup/redis.mjs';
import { SetupError } from './setup/run.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

try {
  checkNode(process.versions.node);
  await installPackages(root, 'packages');
  if (process.argv.includes('--demo')) await installPackages(join(root, 'demo'), "the demo's picture packages");
  await ensureRedis();
  await build(root);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

function checkNode(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new SetupError(
    `Tandem needs Node 20.19 or newer, this is ${version}.\n  Install a newer one from ` +
      'https://nodejs.org and run the command again.',
  );
}
