import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Setup cannot continue; the message says why and what to do. */
export class SetupError extends Error {}

/** Runs a program and waits for it. Throws with the end of its output if it fails. */
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

/** Prints what is being done, does it, and prints how long it took. */
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

/** The path of a program on PATH, or undefined if there is none. */
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
