import { preset } from '#model/zoo/presets.js';
import type { Measurement } from '../figure.js';
import { measurementOf, secondsOf, turnCount, type Turn } from '../turns.js';
import { openMatMul } from '../workload/matmul.js';
import { openCpu } from '../workload/cpu.js';
import { openMeasuredStep } from '../workload/measured-step.js';

/** In each turn a step with stash runs between two matmuls, then the same step without stash. */
export async function* measure(): AsyncGenerator<Measurement> {
  const device = await openCpu();
  const matMul = await openMatMul(device);
  const step = await openMeasuredStep(device, { model: preset('ViT-B-32')!, batch: 64, microBatch: 16 });
  const rates: Turn[] = [];
  const savings: Turn[] = [];
  await step.take('stash'); // Touches all memory for the first time.
  for (let turn = 0; turn < turnCount; turn++) {
    const before = await matMul.rate();
    const withStash = await secondsOf(() => step.take('stash'));
    const after = await matMul.rate();
    const without = await secondsOf(() => step.take('recompute'));
    rates.push({ value: step.gigaflops / withStash, reference: (before + after) / 2 });
    savings.push({ value: without, reference: withStash });
  }
  yield measurementOf('step/vit-b-32', 'GFLOP/s', rates);
  yield measurementOf('stash', 's', savings);
  await device.close();
}
