import { availableParallelism } from 'node:os';
import type { Device } from '#engine/device.js';
import type { DiskCacheOptions } from '#engine/run/disk-cache.js';
import { openDevice } from '#engine/run/open-device.js';

/** The CPU, with one thread per core. */
export function openCpu(cache?: DiskCacheOptions): Promise<Device> {
  return openDevice({ kind: 'cpu', threads: availableParallelism(), cache });
}
