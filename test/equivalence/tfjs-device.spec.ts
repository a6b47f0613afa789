// Goal: a whole step runs on tfjs and gives what ONNX Runtime gives. Method: both towers of a tiny CLIP, staged as a
// worker stages them, and the loss, on either device; the same numbers in.
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

  it('gives what the processor gives, gradients summed over two micro-batches and the loss too', async () => {
    expectSameStep(step, await stepOn('cpu'));
  });

  it('a stash that is made again gives the bits of one that was kept', () => {
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
