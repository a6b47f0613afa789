import { cpus } from 'node:os';
import type { DeviceKind } from '../device.js';
import { findGpus } from './gpus.js';

/**
 * What decides the bits that this build computes on a device: its kind and the processor, or the GPU and its driver.
 * Two machines of which it is the same compute the same bits; others may round differently, because their kernels add
 * in another order. The number of threads decides nothing.
 */
export async function arithmeticOf(kind: DeviceKind): Promise<string> {
  const gpus = kind === 'cpu' ? [] : await findGpus();
  const processor = `${process.platform} ${process.arch}, ${cpus()[0]?.model.trim() || 'unknown processor'}`;
  return [kind, processor, ...gpus.map(({ name, driver = '' }) => `${name} ${driver}`.trim())].join(', ');
}
