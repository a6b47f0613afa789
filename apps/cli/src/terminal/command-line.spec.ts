// Goal: a printed command can be copied and works where it was printed.
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { commandLine } from './command-line.js';

const clone = fileURLToPath(new URL('../../../../../', import.meta.url));
const elsewhere = tmpdir();

describe('commandLine', () => {
  it('says tandem after npm link, npx tandem in the clone, and the path of the script anywhere else', () => {
    const begin = (script: string, workingDirectory: string, environment = {}): string =>
      commandLine({ script, environment, workingDirectory })('runs');
    expect(begin('/usr/bin/tandem', elsewhere)).toBe('tandem runs');
    expect(begin(`${clone}dist/apps/cli/src/main.js`, `${clone}demo`)).toBe('npx tandem runs');
    expect(begin('/x/_npx/1/node_modules/.bin/tandem', clone, { npm_command: 'exec' })).toBe('npx tandem runs');
    expect(begin(`${clone}scripts/tandem.mjs`, elsewhere)).toBe(`node ${clone}scripts/tandem.mjs runs`);
  });

  it.each(['my cat.jpg', "it's", 'a"b', '$HOME', '*', '', '~/x', 'plain-1.yaml', 'a\nb'])(
    'writes %j so that a shell reads it back',
    (word) => {
      const line = commandLine({ script: 'tandem', environment: {}, workingDirectory: elsewhere })(word);
      const read = execFileSync('sh', ['-c', `tandem() { printf %s "$1"; }; ${line}`], { encoding: 'utf8' });
      expect(read).toBe(word);
    },
  );
});
