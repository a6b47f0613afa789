import { join } from 'node:path';
import type { CephPrograms } from './ceph-packages.js';

/**
 * The configuration of a cluster with one monitor, one object store in memory and one S3 gateway. It is on loopback and
 * writes only to `folder`.
 */
export function cephConfig(options: {
  programs: CephPrograms;
  folder: string;
  cluster: string;
  monitor: string;
  port: number;
}): string {
  const { programs, folder, cluster, monitor, port } = options;
  return `[global]
fsid = ${cluster}
mon host = ${monitor}
keyring = ${join(folder, 'keyring')}
public network = 127.0.0.1/32
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 2000
run dir = ${folder}
log file = ${folder}/$name.log
pid file = ${folder}/$name.pid
admin socket = ${folder}/$name.asok
crash dir = ${folder}
plugin_dir = ${join(programs.lib, 'ceph')}
erasure_code_dir = ${join(programs.lib, 'ceph/erasure-code')}
osd_class_dir = ${join(programs.lib, 'rados-classes')}
[mon.a]
mon data = ${join(folder, 'mon.a')}
[osd.0]
osd data = ${join(folder, 'osd.0')}
osd objectstore = memstore
memstore device bytes = ${2 * 2 ** 30}
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${port}
rgw data = ${join(folder, 'rgw')}
rgw run sync thread = false
rgw enable apis = s3
rgw dynamic resharding = false
`;
}
