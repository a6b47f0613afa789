import type { Tensor } from '@tensorflow/tfjs';
import type { Device, TensorFunction } from '../device.js';
import { float32, type TensorSpec } from '../tensor-spec.js';

const sideMax = 4096;
const longEnoughMs = 50;

/** Returns only the sum of a matmul's result, so that little is copied back. */
const sumOfMatmul: TensorFunction = ({ a, b }) => ({ sum: (a as Tensor).matMul(b as Tensor).sum() });

/**
 * Measure the FLOP/s of a matmul of square float32 matrices that stay on the device, at 2 FLOPs per multiply-add. The
 * side starts at 256 and doubles until a matmul takes 50 ms, or the side is 4096; the better of two runs counts. Throws
 * if a result is wrong.
 */
export async function measureMatmul(device: Device, nowMs: () => number): Promise<number> {
  for (let side = 256; ; side *= 2) {
    const ms = await matmulMs(device, side, nowMs);
    if (ms >= longEnoughMs || side === sideMax) return (2 * side ** 3) / (ms / 1000);
  }
}

async function matmulMs(device: Device, side: number, nowMs: () => number): Promise<number> {
  const spec: TensorSpec = { shape: [side, side], dtype: 'float32' };
  const program = await device.compile(sumOfMatmul, { a: spec, b: spec });
  const [a, b] = [await device.allocate(spec), await device.allocate(spec)];
  await a.write(float32(new Float32Array(side * side).fill(1 / side), spec.shape).data);
  await b.write(float32(new Float32Array(side * side).fill(1), spec.shape).data);
  const times: number[] = [];
  for (let run = 0; run < 3; run++) {
    const start = nowMs();
    const sum = (await program.run({ a, b }))['sum']!.data[0]!;
    times.push(nowMs() - start);
    if (!(Math.abs(sum / side ** 2 - 1) < 1e-3))
      throw new Error(`a product of two ${side} × ${side} matrices should add up to ${side ** 2}, and gave ${sum}`);
  }
  await Promise.all([program, a, b].map((used) => used.dispose()));
  return Math.min(...times.slice(1)); // The first run compiles shaders and touches fresh memory.
}
