import { openDevice } from '#engine/run/open-device.js';
import { trainingFlops } from '#model/flops/flops.js';
import { preset } from '#model/zoo/presets.js';
import type { Measurement } from '../figure.js';
import { measurementOf, secondsOf, takeTurns } from '../turns.js';
import { openMatMul } from '../workload/matmul.js';
import { openMeasuredStep } from '../workload/measured-step.js';

const model = preset('ViT-B-32')!;
const [batch, microBatch] = [256, 64];
/** Side of the reference matrices, large enough to keep all of a GPU busy. */
const side = 4096;

/** A GPU has much more memory than a micro-batch needs, so the steps keep their activations for the backward pass. */
export async function* measure(): AsyncGenerator<Measurement> {
  for (const precision of ['float32', 'float16'] as const) {
    const device = await openDevice({ kind: 'webgpu', threads: 1 });
    const matMul = await openMatMul(device, { side, precision });
    const step = await openMeasuredStep(device, { model, batch, microBatch, precision });
    const turns = await takeTurns({
      subject: async () => step.gigaflops / (await secondsOf(() => step.take('stash'))),
      reference: matMul.rate,
    });
    const gigaflopsPerPair = trainingFlops(model) / 1e9;
    yield measurementOf(`gpu/vit-b-32/${precision}`, 'GFLOP/s', turns);
    yield measurementOf(
      `gpu/vit-b-32/${precision}/pairs`,
      'pairs/s',
      turns.map(({ value, reference }) => ({
        value: value / gigaflopsPerPair,
        reference: reference / gigaflopsPerPair,
      })),
    );
    await device.close();
  }
}
