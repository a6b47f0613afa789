import { openContrastiveLoss } from '#model/loss/contrastive-loss.js';
import { contrastiveLossFlops } from '#model/flops/flops.js';
import type { Measurement } from '../figure.js';
import { measurementAgainst, measurementOf, secondsOf } from '../turns.js';
import { openMatMul } from '../workload/matmul.js';
import { growthOf, mebibyte } from '../workload/process-memory.js';
import { openCpu } from '../workload/cpu.js';
import { unitRows } from '../workload/random-values.js';

const [batch, width] = [131_072, 64];

/**
 * Measured only once, because it takes minutes. Its memory is all that the process grows by: embeddings, gradients and
 * working memory.
 */
export async function* measure(): AsyncGenerator<Measurement> {
  const device = await openCpu();
  const matMul = await openMatMul(device);
  const before = await matMul.rate();
  const { result: seconds, grownBytes } = await growthOf(async () => {
    const [images, texts] = [unitRows(batch, width, 'images'), unitRows(batch, width, 'texts')];
    const loss = await openContrastiveLoss(device, { batch, width });
    return secondsOf(() => loss.run({ images, texts }, { logit_scale: Math.log(50) }));
  });
  const reference = (before + (await matMul.rate())) / 2;
  yield measurementOf('loss/131072', 'GFLOP/s', [
    { value: contrastiveLossFlops(batch, width) / seconds / 1e9, reference },
  ]);
  yield measurementAgainst(512, 'loss/131072/memory', 'MiB', [grownBytes / mebibyte]);
  await device.close();
}
