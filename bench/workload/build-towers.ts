import type { Device } from '#engine/device.js';
import { preset } from '#model/zoo/presets.js';
import { openEncoder } from '#encoder/encoder.js';
import { secondsOf } from '../turns.js';
import { openCpu } from './cpu.js';

/** Seconds to trace, lower and compile forward and backward of both towers of ViT-B/32, for micro-batches of 16. */
export async function buildTowers(device: Device): Promise<number> {
  const model = preset('ViT-B-32')!;
  const towers = [await openEncoder(device, model, 'image'), await openEncoder(device, model, 'text')];
  return secondsOf(async () => {
    for (const tower of towers) await tower.stashBytes(16);
  });
}

/** The same for a new process (see inFreshProcess), with or without a cache of what others have compiled. */
export async function* measure(cacheFolder: string | null): AsyncGenerator<number> {
  const device = await openCpu(
    cacheFolder === null ? undefined : { folder: cacheFolder, bytesMax: 2 ** 30, onEvent: failure },
  );
  yield await buildTowers(device);
  await device.close();
}

function failure(event: string): never {
  throw new Error(event);
}
