// Goal: a whole step on the WebGPU provider gives the numbers of the CPU. Method: as in tfjs-device.spec.ts, in a
// process of its own with a Vulkan driver that needs no GPU. Skipped if that driver is not available.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDevice } from '#engine/run/open-device.js';
import { deviceStep, parseStep, type ProcessStep } from '../support/device-step.js';
import { expectSameStep } from '../support/expect-same-step.js';
import { softwareVulkan } from '../support/servers/software-vulkan.js';

const vulkan = await softwareVulkan();
const title = 'reason' in vulkan ? `a step on webgpu: ${vulkan.reason}` : 'a step on webgpu';
/** Generous, because the driver compiles each shader for the CPU. */
const stepLimitMs = 300_000;

describe.skipIf('reason' in vulkan)(title, () => {
  let step: ProcessStep;
  beforeAll(async () => {
    const program = fileURLToPath(new URL('../support/device-step-process.js', import.meta.url));
    const env = 'env' in vulkan ? { ...process.env, ...vulkan.env } : process.env;
    step = parseStep((await promisify(execFile)(process.execPath, [program], { env, maxBuffer: 2 ** 27 })).stdout);
  }, stepLimitMs);

  it('gives the embeddings, the gradients summed over two micro-batches and the loss of the CPU device', async () => {
    const device = await openDevice({ kind: 'cpu', threads: 1 });
    expectSameStep(step, await deviceStep(device));
    await device.close();
  });

  it('runs all kernels on the device except casts of row numbers, which the provider does not have', () => {
    expect(step.kernels).toBeGreaterThan(100);
    expect(step.onCpu).toEqual(['Cast']);
  });

  it('a recomputed stash gives the same bits as one that was kept', () => {
    expect(step.gradientsAgain).toEqual(step.gradients);
  });
});
