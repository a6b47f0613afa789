import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const command = fileURLToPath(new URL('../../apps/cli/src/main.js', import.meta.url));

/** Runs the `tandem` command, and returns what it prints. Throws what it says if it fails. */
export async function tandem(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [command, ...args], { maxBuffer: 2 ** 26 });
  return stdout;
}
