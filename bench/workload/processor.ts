import { availableParallelism } from 'node:os';
import type { Device } from '#engine/device.js';
import { openDevice } from '#engine/run/open-device.js';

/** The processor with a thread for every core. */
export function openProcessor(): Promise<Device> {
  return openDevice({ kind: 'cpu', threads: availableParallelism() });
}
