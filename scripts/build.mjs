// Compiles sources into dist/, if any has changed since the last build. Packages are to be installed already.
import { fileURLToPath } from 'node:url';
import { build } from './setup/build.mjs';
import { SetupError } from './setup/run.mjs';

try {
  await build(fileURLToPath(new URL('..', import.meta.url)));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
