import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Names the code that computes: `version+hash` over the compiled sources below `root`, tests left out. Coordinator and
 * workers must agree on it, because the bits of a result depend on it.
 */
export function codeVersion(root: string, packageVersion: string): string {
  const hash = createHash('sha256');
  for (const folder of ['apps', 'libs']) {
    const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => name.endsWith('.js') && !name.endsWith('.spec.js')).sort()) {
      hash.update(file).update(readFileSync(join(root, folder, file)));
    }
  }
  return `${packageVersion}+${hash.digest('hex').slice(0, 12)}`;
}
