// Goal: a run writes its results to the memory given and copies none of them, and it throws its errors. Method: ONNX
// Runtime itself.
import { ort } from './onnxruntime.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lower } from '../../lower/lower.js';
import { trace } from '../../trace/trace.js';
import { runInPlace } from './run-in-place.js';

const [side, spec] = [512, { shape: [512, 512], dtype: 'float32' }] as const;
let session: ort.InferenceSession;
beforeAll(async () => {
  const program = trace(({ x }) => ({ twice: x!.add(x!), square: x!.mul(x!) }), { x: spec });
  session = await ort.InferenceSession.create(lower(program, 'cpu', { hasNoAnswer: true }).onnx);
});
afterAll(() => session.release());

const tensor = (value: number): ort.Tensor =>
  new ort.Tensor('float32', new Float32Array(side * side).fill(value), [side, side]);

it('a run writes every output to the memory given, and allocates no copies', async () => {
  const [x, twice, square] = [tensor(3), tensor(0), tensor(0)];
  const before = process.memoryUsage().arrayBuffers;
  for (let run = 0; run < 8; run++)
    await runInPlace(session, { 'in/x': x }, { 'out/twice': twice, 'out/square': square });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(twice.data.length * 4);
  expect([twice, square].map(({ data }) => [data[0], data.at(-1)])).toEqual([
    [6, 6],
    [9, 9],
  ]);
});

it('a run that fails throws the error', async () => {
  const x = new ort.Tensor('float32', new Float32Array(4), [2, 2]);
  await expect(runInPlace(session, { 'in/x': x }, { 'out/twice': tensor(0), 'out/square': tensor(0) })).rejects.toThrow(
    /Got invalid dimensions/,
  );
});
