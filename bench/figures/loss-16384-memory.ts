import { openContrastiveLoss } from '#model/loss/contrastive-loss.js';
import type { Measurement } from '../figure.js';
import { measurementAgainst } from '../turns.js';
import { growthOf, mebibyte } from '../workload/process-memory.js';
import { openCpu } from '../workload/cpu.js';
import { unitRows } from '../workload/random-values.js';

const [batch, width] = [16_384, 512];

/** How much the process grows beyond the four [N, d] arrays of embeddings and gradients. */
export async function* measure(): AsyncGenerator<Measurement> {
  const device = await openCpu();
  const [images, texts] = [unitRows(batch, width, 'images'), unitRows(batch, width, 'texts')];
  const { result, grownBytes } = await growthOf(async () =>
    (await openContrastiveLoss(device, { batch, width })).run({ images, texts }, { logit_scale: Math.log(50) }),
  );
  const extraBytes = grownBytes - result.imageGradients.byteLength - result.textGradients.byteLength;
  yield measurementAgainst(64, 'loss/16384/memory', 'MiB', [extraBytes / mebibyte]);
  await device.close();
}
