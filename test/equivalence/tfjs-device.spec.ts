// Goal: a whole step on tfjs gives the numbers of ONNX Runtime. Method: both towers of a tiny CLIP, in two stages as on
// a worker, and the loss, on both devices with the same inputs.
import { beforeAll, describe, expect, it } from 'vitest';
import type { DeviceKind } from '#engine/device.js';
import { openDevice } from '#engine/run/open-device.js';
import { deviceStep, type DeviceStep } from '../support/device-step.js';
import { expectSameStep } from '../support/expect-same-step.js';

describe('a step on tfjs', () => {
  let step: DeviceStep;
  beforeAll(async () => {
    step = await stepOn('tfjs');
  });

  it('gives the embeddings, the gradients summed over two micro-batches and the loss of the CPU device', async () => {
    expectSameStep(step, await stepOn('cpu'));
  });

  it('a recomputed stash gives the same bits as one that was kept', () => {
    expect(step.gradientsAgain).toEqual(step.gradients);
    for (const bytes of Object.values(step.stashBytes)) expect(bytes).toBeGreaterThan(0);
  });
});

async function stepOn(kind: DeviceKind): Promise<DeviceStep> {
  const device = await openDevice({ kind, threads: 1 });
  const step = await deviceStep(device);
  await device.close();
  return step;
}
