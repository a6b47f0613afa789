import { preset } from '#model/presets.js';
import { openTower } from '../../apps/worker/src/tower.js';
import { secondsOf } from '../turns.js';
import { openProcessor } from './processor.js';

/** Seconds to trace, lower and compile both towers of ViT-B/32, both passes each, in a process that has done nothing before. */
export async function* measure(): AsyncGenerator<number> {
  const device = await openProcessor();
  const model = preset('ViT-B-32')!;
  const [image, text] = [await openTower(device, model, 'image'), await openTower(device, model, 'text')];
  yield await secondsOf(async () => {
    await image.stashBytes(16);
    await text.stashBytes(16);
  });
  await device.close();
}
