import { basename, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Writes a command that the user can copy: `npx tandem predict --image 'my cat.jpg'`. */
export type CommandLine = (...args: readonly string[]) => string;

export interface Invocation {
  /** The script that node was started with. */
  readonly script: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
}

const clone = fileURLToPath(new URL('../../../../../', import.meta.url));

/**
 * Commands as they work where this one was called: `tandem` after `npm link`, `npx tandem` in the clone, and elsewhere,
 * where npx would ask the registry for a package of that name, node with the path of the script.
 */
export function commandLine({ script, environment, workingDirectory }: Invocation): CommandLine {
  const isInClone = !relative(clone, resolve(workingDirectory)).startsWith('..');
  const isNpx = environment['npm_command'] !== undefined || isInClone;
  const begin =
    basename(script) === 'tandem' && environment['npm_command'] === undefined
      ? ['tandem']
      : isNpx
        ? ['npx', 'tandem']
        : ['node', resolve(clone, 'scripts', 'tandem.mjs')];
  return (...args) => [...begin, ...args].map(shellWord).join(' ');
}

/** A word as a POSIX shell reads it back. */
function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
