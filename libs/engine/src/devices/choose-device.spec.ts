import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { DeviceKind } from '../device.js';
import { openDevice } from '../run/open-device.js';
import { fastestDevice } from './choose-device.js';
import type { DeviceReport } from './inspect-device.js';
import { cudaProviderMissing } from './onnxruntime-package.js';

const works = (kind: DeviceKind, flops: number): DeviceReport => ({ kind, works: true, name: kind, flops });
const fails = (kind: DeviceKind): DeviceReport => ({ kind, works: false, problem: 'no', help: 'none' });

describe('the fastest device', () => {
  it('is the one with the fastest matmul, and the reason names all devices that were tried', () => {
    expect(fastestDevice([works('cpu', 150e9), fails('cuda'), works('webgpu', 4210e9)])).toEqual({
      kind: 'webgpu',
      reason: 'of a matrix product: cpu 150 GFLOP/s, cuda does not work, webgpu 4,210 GFLOP/s',
    });
  });

  it('is the CPU if no other device works, or none is more than 1.5 times as fast', () => {
    expect(fastestDevice([works('cpu', 150e9), works('webgpu', 220e9)]).kind).toBe('cpu');
    expect(fastestDevice([works('cpu', 150e9), works('webgpu', 230e9)]).kind).toBe('webgpu');
    expect(fastestDevice([works('cpu', 1e9), fails('webgpu')]).kind).toBe('cpu');
  });
});

const noDriver = !existsSync('/dev/nvidiactl');

describe.skipIf(cudaProviderMissing() === undefined || !noDriver)('cuda, without a GPU', () => {
  it('is refused with the cure', async () => {
    await expect(openDevice({ kind: 'cuda', threads: 1 })).rejects.toMatchObject({
      code: 'UNSUPPORTED_OP',
      message: expect.stringMatching(
        /^Device cuda: expected it to work here, got: (The library of NVIDIA's driver was not found|CUDA: cuInit failed)/,
      ),
      help: expect.stringMatching(/NVIDIA's driver and NVRTC.*npm run enable:cuda/),
    });
  });
});
