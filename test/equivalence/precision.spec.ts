// Goal: a step in float16 or bfloat16 gives the gradients of float32 to that precision, even if they are too small for
// float16; and a device without such matmuls refuses them. Method: a whole step on a CPU device that rounds as the
// matmuls of a GPU do, compared with float32; and the refusals of real devices.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs';
import type { Device } from '#engine/device.js';
import { startOrtEngine } from '#engine/run/engine-client.js';
import { openEngineDevice } from '#engine/run/engine-device.js';
import { openDevice } from '#engine/run/open-device.js';
import { openOrtDevice } from '#engine/run/onnxruntime/ort-device.js';
import { lower } from '#engine/lower/lower.js';
import { float32 } from '#engine/tensor-spec.js';
import { openStore } from '#store/open-store.js';
import { deviceStep, type DeviceStep } from '../support/device-step.js';
import { openLowPrecisionDevice } from '../support/low-precision-device.js';
import { startPool } from '../support/pool.js';
import { writeTinyData } from '../support/models/tiny-data.js';
import { tinyRun } from '../support/models/tiny-run.js';

let device: Device;
let exact: DeviceStep;
beforeAll(async () => {
  device = openLowPrecisionDevice();
  exact = await deviceStep(device);
});
afterAll(() => device.close());

/** `unit`: the distance between neighbouring values of the type, relative to the value. */
const precisions = [
  { precision: 'float16', unit: 2 ** -10 },
  { precision: 'bfloat16', unit: 2 ** -7 },
] as const;

describe.each(precisions)('a step in $precision', ({ precision, unit }) => {
  let step: DeviceStep;
  beforeAll(async () => {
    step = await deviceStep(device, precision);
  });

  it('gives the embeddings and gradients of float32 to its precision, and not more exactly', () => {
    const rows = Math.max(
      ...(['image', 'text'] as const).map((tower) => relativeError(step.rows[tower], exact.rows[tower])),
    );
    const gradients = Object.entries(exact.gradients).map(([name, expected]) =>
      relativeError(step.gradients[name]!, expected),
    );
    for (const error of [rows, Math.max(...gradients)]) {
      expect(error).toBeLessThan(8 * unit);
      expect(error).toBeGreaterThan(unit / 16);
    }
  });

  it('a recomputed stash gives the same bits as one that was kept', () => {
    expect(step.gradientsAgain).toEqual(step.gradients);
  });

  it('gradients that are a billion times smaller keep every digit', async () => {
    const small = await deviceStep(device, precision, 30);
    for (const [name, gradient] of Object.entries(step.gradients))
      expect(small.gradients[name], name).toEqual(gradient.map((value) => value * 2 ** -30));
  });
});

it('a float16 program as it is lowered for webgpu gives the same embeddings and gradients on the CPU', async () => {
  const provider = openProvider('webgpu');
  const step = await deviceStep(provider, 'float16');
  await provider.close();
  for (const tower of ['image', 'text'] as const)
    expect(relativeError(step.rows[tower], exact.rows[tower])).toBeLessThan(8 * 2 ** -10);
  for (const [name, expected] of Object.entries(exact.gradients))
    expect(relativeError(step.gradients[name]!, expected), name).toBeLessThan(8 * 2 ** -10);
});

it('without scaling, float16 would lose such gradients', async () => {
  const spec = { dtype: 'float32', shape: [2, 2] } as const;
  const matmul = await device.compile(({ x }) => ({ y: tf.matMul(x!, x!) }), { x: spec }, { precision: 'float16' });
  const { y } = await matmul.run({ x: float32(Float32Array.of(2 ** -30, 0, 0, 1), spec.shape) });
  expect([...y!.data]).toEqual([0, 0, 0, 1]);
});

describe('devices without such matmuls refuse them', () => {
  const refusal = async (of: Device, precision: 'float16' | 'bfloat16'): Promise<unknown> => {
    const refused = of.compile(
      ({ x }) => ({ y: tf.matMul(x!, x!) }),
      { x: { dtype: 'float32', shape: [2, 2] } },
      { precision },
    );
    const error: unknown = await refused.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    await of.close();
    return error;
  };

  it('cpu, tfjs and, for bfloat16, webgpu: with the reason and what to do', async () => {
    const help = expect.stringMatching(/precision to float32.*webgpu.*cuda/) as string;
    const code = 'UNSUPPORTED_OP';
    expect(await refusal(await openDevice({ kind: 'cpu', threads: 1 }), 'float16')).toMatchObject({
      code,
      help,
      message: expect.stringMatching(/float16, got cpu .*no such matmuls for the CPU/),
    });
    expect(await refusal(await openDevice({ kind: 'tfjs', threads: 1 }), 'bfloat16')).toMatchObject({
      code,
      help,
      message: expect.stringMatching(/bfloat16, got tfjs .*float32 only/),
    });
    expect(await refusal(openOrtDevice({ kind: 'webgpu', threads: 1 }), 'bfloat16')).toMatchObject({
      code,
      help,
      message: expect.stringMatching(/WebGPU has no such type/),
    });
  });

  it('a device that lacks what its provider has: with the message of the provider', async () => {
    expect(await refusal(openProvider('cpu'), 'bfloat16')).toMatchObject({
      code: 'UNSUPPORTED_OP',
      message: expect.stringMatching(/got a provider: .*Could not find an implementation/),
    });
  });
});

it('a run whose precision its only worker does not have stops after a second try, and names the worker', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tandem-precision-'));
  await writeTinyData(join(directory, 'data'));
  const pool = await startPool();
  await pool.addWorker();
  const config = tinyRun(join(directory, 'data'), { precision: 'float16' });
  const ended = pool.train({ id: 'narrow', config, store: openStore(join(directory, 'store')) });
  await expect(ended).rejects.toMatchObject({
    code: 'UNSUPPORTED_OP',
    message: expect.stringMatching(/^On worker \S+: .*multiplies matrices in float16, got cpu/),
  });
  expect(pool.changes.filter((reason) => /^narrow\.\d+\.0\.encode\.0 .*attempt/.test(reason))).toHaveLength(1);
  await pool.stop();
  await rm(directory, { recursive: true });
});

/** A CPU device that runs programs of any precision as they are lowered for the target. */
function openProvider(target: 'cpu' | 'webgpu'): Device {
  const prepare: Parameters<typeof openEngineDevice<Uint8Array>>[0]['prepare'] = (program) => {
    const { onnx, inputs } = lower(program, target);
    return { code: onnx, inputs };
  };
  return openEngineDevice({
    kind: 'cpu',
    name: 'a provider',
    client: startOrtEngine({ kind: 'cpu', threads: 1 }),
    lacks: {},
    prepare,
  });
}

/** The largest difference, relative to the largest expected value. */
function relativeError(got: Float32Array, expected: Float32Array): number {
  return Math.max(...expected.map((value, at) => Math.abs(value - got[at]!))) / Math.max(...expected.map(Math.abs));
}
