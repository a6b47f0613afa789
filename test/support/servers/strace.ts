import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { unpackDebian } from './debian-packages.js';

export interface Strace {
  readonly command: string;
  readonly env: NodeJS.ProcessEnv;
}

const run = promisify(execFile);

/**
 * Finds a strace that may trace processes here: the one on PATH, or Debian's package in a cache folder. Returns a
 * reason if there is none.
 */
export async function findStrace(): Promise<Strace | { reason: string }> {
  const installed = { command: 'strace', env: {} };
  if (await canTrace(installed)) return installed;
  const unpacked = await unpackDebian({
    title: "strace's packages",
    folder: 'strace',
    packages: ['strace', 'libunwind8'],
    dependencies: false,
    marker: 'usr/bin/strace',
  });
  if ('reason' in unpacked) return unpacked;
  const triplet = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch as string] ?? '';
  const fetched = {
    command: join(unpacked.root, 'usr/bin/strace'),
    env: { LD_LIBRARY_PATH: join(unpacked.root, 'usr/lib', triplet) },
  };
  return (await canTrace(fetched)) ? fetched : { reason: 'strace may not trace processes here' };
}

function canTrace({ command, env }: Strace): Promise<boolean> {
  return run(command, ['-o', '/dev/null', 'true'], { env: { ...process.env, ...env } }).then(
    () => true,
    () => false,
  );
}
