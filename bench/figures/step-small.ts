import type { Measurement } from '../figure.js';
import { measurementOf, secondsOf, takeTurns } from '../turns.js';
import { openMatMul } from '../workload/matmul.js';
import { openCpu } from '../workload/cpu.js';
import { smallModel } from '../workload/small-models.js';
import { openMeasuredStep } from '../workload/measured-step.js';

export async function* measure(): AsyncGenerator<Measurement> {
  const device = await openCpu();
  const matMul = await openMatMul(device);
  const step = await openMeasuredStep(device, { model: smallModel, batch: 256, microBatch: 64 });
  const turns = await takeTurns({
    subject: async () => step.gigaflops / (await secondsOf(() => step.take('stash'))),
    reference: matMul.rate,
  });
  yield measurementOf('step/small', 'GFLOP/s', turns);
  await device.close();
}
