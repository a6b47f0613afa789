import { openContrastiveLoss } from '#model/loss/contrastive-loss.js';
import { contrastiveLossFlops } from '#model/flops/flops.js';
import type { Measurement } from '../figure.js';
import { measurementOf, secondsOf, takeTurns } from '../turns.js';
import { openMatMul } from '../workload/matmul.js';
import { openCpu } from '../workload/cpu.js';
import { unitRows } from '../workload/random-values.js';

const [batch, width] = [16_384, 512];

export async function* measure(): AsyncGenerator<Measurement> {
  const device = await openCpu();
  const matMul = await openMatMul(device);
  const [images, texts] = [unitRows(batch, width, 'images'), unitRows(batch, width, 'texts')];
  const loss = await openContrastiveLoss(device, { batch, width });
  const rate = async (): Promise<number> =>
    contrastiveLossFlops(batch, width) /
    (await secondsOf(() => loss.run({ images, texts }, { logit_scale: Math.log(50) }))) /
    1e9;
  yield measurementOf('loss/16384', 'GFLOP/s', await takeTurns({ subject: rate, reference: matMul.rate }));
  await device.close();
}
