// Goal: the training step that the figures measure runs, with and without stash. Method: a tiny model on the CPU.
import { expect, it } from 'vitest';
import { openCpu } from './cpu.js';
import { openMeasuredStep } from './measured-step.js';
import { tinyModel } from './small-models.js';

it('takes a step with stash and one without', async () => {
  const device = await openCpu();
  const step = await openMeasuredStep(device, { model: tinyModel, batch: 8, microBatch: 4 });
  await step.take('stash');
  await step.take('recompute');
  expect(step.gigaflops).toBeGreaterThan(0);
  await device.close();
});
