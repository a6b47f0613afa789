import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

/**
 * Returns `version+hash`: the package version and a hash over the compiled sources, WebAssembly included, tests left
 * out. `built`: the folder they are compiled to. Coordinator and workers must report the same one, because the bits of
 * a result depend on the code.
 */
export function codeVersion(built = new URL('../../../', import.meta.url)): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', built), 'utf8')) as { version: string };
  const hash = createHash('sha256');
  for (const folder of ['apps/coordinator/', 'apps/worker/', 'libs/']) {
    const files = readdirSync(new URL(folder, built), { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => /\.(js|wasm)$/.test(name) && !name.endsWith('.spec.js')).sort()) {
      hash.update(file).update(readFileSync(new URL(`${folder}${file}`, built)));
    }
  }
  return `${version}+${hash.digest('hex').slice(0, 12)}`;
}
