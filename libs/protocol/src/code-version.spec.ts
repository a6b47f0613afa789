import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { codeVersion } from './code-version.js';

const folder = mkdtempSync(join(tmpdir(), 'tandem-code-version-'));
const built = join(folder, 'dist');
afterAll(() => rmSync(folder, { recursive: true }));

function write(file: string, content: string): void {
  mkdirSync(join(built, file, '..'), { recursive: true });
  writeFileSync(join(built, file), content);
}

it('is another one where a module or a kernel is, not where a test or a map is', () => {
  write('../package.json', '{"version": "1.2.3"}');
  for (const file of [
    'apps/coordinator/main.js',
    'apps/worker/main.js',
    'libs/a/src/loop.wasm',
    'libs/a/src/loop.spec.js',
    'libs/a/src/loop.js.map',
  ])
    write(file, 'first');
  const version = (): string => codeVersion(pathToFileURL(`${built}/`));
  const first = version();
  expect(first).toMatch(/^1\.2\.3\+[0-9a-f]{12}$/);
  for (const [file, changes] of Object.entries({
    'libs/a/src/loop.wasm': true,
    'apps/worker/main.js': true,
    'libs/a/src/loop.spec.js': false,
    'libs/a/src/loop.js.map': false,
  })) {
    write(file, 'second');
    expect(version() !== first, file).toBe(changes);
    write(file, 'first');
  }
});
