import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { unpackDebian } from './debian-packages.js';

export interface Prometheus {
  /** The server and the tool that checks its files. */
  readonly server: string;
  readonly promtool: string;
}

const run = promisify(execFile);

/**
 * Finds Prometheus: the one on PATH, or Debian's package in a cache folder. Returns a reason if there is none.
 */
export async function findPrometheus(): Promise<Prometheus | { reason: string }> {
  const installed = { server: 'prometheus', promtool: 'promtool' };
  if (await answers(installed)) return installed;
  const unpacked = await unpackDebian({
    title: "Prometheus' packages",
    folder: 'prometheus',
    packages: ['prometheus'],
    dependencies: false,
    only: ['./usr/bin/prometheus', './usr/bin/promtool'],
    marker: 'usr/bin/promtool',
  });
  if ('reason' in unpacked) return unpacked;
  const found = {
    server: join(unpacked.root, 'usr/bin/prometheus'),
    promtool: join(unpacked.root, 'usr/bin/promtool'),
  };
  return (await answers(found)) ? found : { reason: `${found.promtool} does not run on this machine` };
}

async function answers({ server, promtool }: Prometheus): Promise<boolean> {
  try {
    await Promise.all([run(server, ['--version']), run(promtool, ['--version'])]);
    return true;
  } catch {
    return false;
  }
}
