import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Set-up cannot go on; the message says why and what to do. */
export class SetupError extends Error {}

/** Run a program to its end with its output kept; a failure shows the end of that output. */
export function run(command, args, { cwd, env = {}, what }) {
  const done = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32',
  });
  if (done.status === 0) return;
  const output = `${done.stdout ?? ''}${done.stderr ?? ''}${done.error ? done.error.message : ''}`.trimEnd();
  const tail = output
    .split('\n')
    .slice(-25)
    .map((line) => `  ${line}`)
    .join('\n');
  throw new SetupError(
    `${what} failed: ${command} ${args.join(' ')} (exit ${done.status ?? done.signal ?? 'none'})\n${tail}`,
  );
}

/** Say what is being done, do it, and add how long it took. */
export async function timed(title, work) {
  process.stdout.write(`${title} … `);
  const started = performance.now();
  try {
    await work();
  } catch (error) {
    process.stdout.write('failed\n');
    throw error;
  }
  process.stdout.write(`${((performance.now() - started) / 1000).toFixed(0)} s\n`);
}

/** Path of a program on PATH, or undefined. */
export function findProgram(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder || '.', name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}
