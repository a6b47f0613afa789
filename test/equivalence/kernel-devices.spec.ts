// Goal: a whole step of our own kernels gives the numbers of the CPU device, and the same bits with and without stash.
// Method: as in tfjs-device.spec.ts, on PoCL, which needs no GPU, and on an NVIDIA GPU where there is one.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Device } from '#engine/device.js';
import { openDevice } from '#engine/run/open-device.js';
import { deviceStep, type DeviceStep } from '../support/device-step.js';
import { expectSameStep } from '../support/expect-same-step.js';
import { kernelDevices } from '../support/gpu/kernel-devices.js';

for (const { kind, missing } of kernelDevices)
  describe.skipIf(missing !== undefined)(`a step on ${kind}${missing === undefined ? '' : `: ${missing}`}`, () => {
    let device: Device;
    let step: DeviceStep;
    beforeAll(async () => {
      device = await openDevice({ kind, threads: 1 });
      step = await deviceStep(device);
    }, 300_000);
    afterAll(() => device?.close());

    it('gives the embeddings, the gradients summed over two micro-batches and the loss of the CPU device', async () => {
      const cpu = await openDevice({ kind: 'cpu', threads: 1 });
      expectSameStep(step, await deviceStep(cpu));
      await cpu.close();
    });

    it('a recomputed stash gives the same bits as one that was kept', () => {
      expect(step.gradientsAgain).toEqual(step.gradients);
    });

    it('gives the same bits again', async () => {
      expect((await deviceStep(device)).gradients).toEqual(step.gradients);
    });
  });
