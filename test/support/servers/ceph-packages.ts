import { join } from 'node:path';
import { unpackDebian } from './debian-packages.js';

export interface CephPrograms {
  readonly bin: string;
  readonly lib: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Unpacks Ceph's programs from Debian packages. */
export async function unpackCeph(): Promise<CephPrograms | { reason: string }> {
  const triplet = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch as string];
  if (triplet === undefined) return { reason: `Ceph's packages are for x64 and arm64, not ${process.arch}` };
  const unpacked = await unpackDebian({
    title: "Ceph's packages",
    folder: 'radosgw',
    packages: ['radosgw', 'ceph-mon', 'ceph-osd', 'ceph-common', 'libfuse2'],
    dependencies: true,
    marker: 'usr/bin/radosgw',
  });
  if ('reason' in unpacked) return unpacked;
  const usr = join(unpacked.root, 'usr');
  const lib = join(usr, 'lib', triplet);
  const env = {
    PATH: `${join(usr, 'bin')}:${process.env['PATH'] ?? ''}`,
    LD_LIBRARY_PATH: [lib, join(lib, 'ceph'), join(usr, 'lib/ceph'), join(unpacked.root, 'lib', triplet)].join(':'),
    PYTHONPATH: join(usr, 'lib/python3/dist-packages'),
  };
  return { bin: join(usr, 'bin'), lib, env };
}
