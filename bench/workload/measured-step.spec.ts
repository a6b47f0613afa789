// Goal: the step that the figures time runs, kept or redone between the passes, on what the pool has. Method: a tiny
// model.
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
