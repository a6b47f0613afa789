import type { Device } from '#engine/device.js';
import { preset } from '#model/presets.js';
import { openTower } from '../../apps/worker/src/tower.js';
import { secondsOf } from '../turns.js';
import { openProcessor } from './processor.js';

/** Seconds to trace, lower and compile both towers of ViT-B/32, two passes each, for micro-batches of 16. */
export async function buildTowers(device: Device): Promise<number> {
  const model = preset('ViT-B-32')!;
  const towers = [await openTower(device, model, 'image'), await openTower(device, model, 'text')];
  return secondsOf(async () => {
    for (const tower of towers) await tower.stashBytes(16);
  });
}

/** The same in a process that has compiled nothing before. */
export async function* measure(): AsyncGenerator<number> {
  const device = await openProcessor();
  yield await buildTowers(device);
  await device.close();
}
