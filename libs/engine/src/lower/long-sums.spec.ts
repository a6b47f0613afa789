// Goal: a sum over many rows is correct when it is computed in parts, and is cut where a GPU would otherwise be idle.
// Method: ONNX Runtime on the CPU.
import { ort } from '#engine/run/onnxruntime/onnxruntime.js';
import { expect, it } from 'vitest';
import { buildGraph, valueInfo } from './graph-builder.js';
import { emitRowsMatmul, partsOfSum } from './long-sums.js';
import { encodeModel, onnxRuntimeOperators } from './onnx-schema.js';

it.each([
  { rows: 4096, left: 5, right: 3, operator: 'MatMul' },
  { rows: 4099, left: 5, right: 3, operator: 'Gemm' },
  { rows: 300, left: 5, right: 3, operator: 'Gemm' },
])('a matmul that sums over $rows rows becomes $operator', async ({ rows, left, right, operator }) => {
  const graph = buildGraph('rows product');
  graph.output('y', emitRowsMatmul({ graph, a: 'a', b: 'b', rows, left, right }));
  const inputs = {
    a: { shape: [rows, left], dtype: 'float32' },
    b: { shape: [rows, right], dtype: 'float32' },
  } as const;
  const finished = graph.finish(
    Object.entries(inputs).map(([name, spec]) => valueInfo(name, spec)),
    [valueInfo('y', { shape: [left, right], dtype: 'float32' })],
  );
  expect(finished.node.map(({ op_type }) => op_type)).toContain(operator);

  const [a, b] = [left, right].map((columns) =>
    new Float32Array(rows * columns).map((_, at) => Math.sin(at * columns) / 8),
  ) as [Float32Array, Float32Array];
  const session = await ort.InferenceSession.create(encodeModel(finished, onnxRuntimeOperators), {
    logSeverityLevel: 3,
  });
  const { y } = await session.run({
    a: new ort.Tensor('float32', a, [rows, left]),
    b: new ort.Tensor('float32', b, [rows, right]),
  });
  await session.release();
  for (let i = 0; i < left; i++) {
    for (let j = 0; j < right; j++) {
      let sum = 0;
      for (let row = 0; row < rows; row++) sum += a[row * left + i]! * b[row * right + j]!;
      expect((y!.data as Float32Array)[i * right + j]).toBeCloseTo(sum, 4);
    }
  }
});

it('a sum is cut into as many parts as keep a GPU busy, of equal size and not too short', () => {
  expect(partsOfSum(64 * 56 * 56, 4)).toBe(256);
  expect(partsOfSum(64 * 7 * 7, 256)).toBe(4);
  expect(partsOfSum(64 * 7 * 7, 257)).toBe(1);
  expect(partsOfSum(2048, 1)).toBe(8);
  expect(partsOfSum(511, 1)).toBe(1);
});
