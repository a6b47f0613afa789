// Goal: a whole step runs on the WebGPU provider and gives what the processor gives.
// Method: as on tfjs, in a process of its own on a Vulkan driver that needs no GPU; skipped where that cannot be had.
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
/** Its shaders are compiled for the processor one by one. */
const stepLimitMs = 300_000;

describe.skipIf('reason' in vulkan)(title, () => {
  let step: ProcessStep;
  beforeAll(async () => {
    const program = fileURLToPath(new URL('../support/device-step-process.js', import.meta.url));
    const env = 'env' in vulkan ? { ...process.env, ...vulkan.env } : process.env;
    step = parseStep((await promisify(execFile)(process.execPath, [program], { env, maxBuffer: 2 ** 27 })).stdout);
  }, stepLimitMs);

  it('gives what the processor gives, gradients summed over two micro-batches and the loss too', async () => {
    const device = await openDevice({ kind: 'cpu', threads: 1 });
    expectSameStep(step, await deviceStep(device));
    await device.close();
  });

  it('runs no kernel on the processor but casts of row numbers, for which the provider has none', () => {
    expect(step.kernels).toBeGreaterThan(100);
    expect(step.onProcessor).toEqual(['Cast']);
  });

  it('a stash that is made again gives the bits of one that was kept', () => {
    expect(step.gradientsAgain).toEqual(step.gradients);
  });
});
