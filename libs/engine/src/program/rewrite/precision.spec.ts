// Goal: matmuls and nothing else run in the requested precision, with as few casts as possible without changing a bit.
// Method: programs are printed; they also run whole and cut, in float32 and in float16, and the results are compared.
import { ort } from '#engine/run/onnxruntime/onnxruntime.js';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { lower } from '../../lower/lower.js';
import { trace } from '../../trace/trace.js';
import { cut } from '../cut.js';
import { print } from '../print.js';
import type { Program } from '../program.js';
import { widenStash } from '../wide-stash.js';
import { lowerPrecision } from './precision.js';

const golden = (name: string): string =>
  new URL(`../../../../../../test/golden/programs/${name}.txt`, import.meta.url).pathname;
const f32 = (...shape: number[]) => ({ shape, dtype: 'float32' as const });
const kinds = (program: Program): string[] => program.nodes.map(({ kind, outputs }) => `${kind} ${outputs[0]!.dtype}`);

/**
 * Queries and keys from one matmul, and attention between them. In this function and its gradients, values are moved
 * before and after matmuls.
 */
function attention(x: tf.Tensor, w: tf.Tensor): tf.Tensor {
  const [queries, keys] = tf.split(tf.transpose(tf.reshape(tf.matMul(x, w), [3, 2, 4]), [1, 0, 2]), 2, 0) as [
    tf.Tensor,
    tf.Tensor,
  ];
  return tf.matMul(tf.softmax(tf.matMul(queries, keys, false, true)), tf.tanh(keys));
}
const specs = { x: f32(3, 5), w: f32(5, 8), dy: f32(1, 3, 4) };
/** Here the matmuls are so long that keeping their results is cheaper than doing them again. */
const cutSpecs = { ...specs, x: f32(3, 512), w: f32(512, 8) };
const gradients = ({ x, w, dy }: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> => {
  const { value, grads } = tf.valueAndGrads((a, b) => attention(a, b))([x!, w!], dy);
  return { y: value, dx: grads[0]!, dw: grads[1]! };
};

describe('precision of matmuls', () => {
  it('float32 leaves the program as it is', () => {
    const program = trace(gradients, specs);
    expect(lowerPrecision(program, 'float32')).toBe(program);
  });

  it('attention and its gradients in float16, whole and cut', async () => {
    const program = lowerPrecision(trace(gradients, specs), 'float16');
    await expect(print(program)).toMatchFileSnapshot(golden('attention-float16'));
    const { forward, backward } = cut(lowerPrecision(trace(gradients, cutSpecs), 'float16'), ['dy']);
    await expect(`${print(forward)}\n${print(backward)}`).toMatchFileSnapshot(golden('attention-float16-cut'));
  });

  it('all matmuls are narrow, and besides them only what moves values between them', () => {
    const program = lowerPrecision(trace(gradients, specs), 'bfloat16');
    const narrow = program.nodes.filter(({ inputs }) => inputs[0]?.dtype === 'bfloat16').map(({ kind }) => kind);
    expect(new Set(narrow)).toEqual(new Set(['matMul', 'transpose', 'reshape', 'split', 'concat', 'cast']));
    expect(
      program.nodes.filter(({ kind }) => kind === 'matMul').every(({ outputs }) => outputs[0]!.dtype === 'bfloat16'),
    ).toBe(true);
    for (const { dtype } of Object.values(program.outputs)) expect(dtype).toBe('float32');
  });

  it('two matmuls in a row need no cast in between, however values are moved', () => {
    const program = trace(
      ({ a, b, c }) => ({ y: tf.matMul(tf.reshape(tf.transpose(tf.matMul(a!, b!)), [2, 6]), c!) }),
      { a: f32(4, 3), b: f32(3, 3), c: f32(6, 2) },
    );
    expect(kinds(lowerPrecision(program, 'float16'))).toEqual([
      'cast float16',
      'cast float16',
      'matMul float16',
      'transpose float16',
      'reshape float16',
      'cast float16',
      'matMul float16',
      'cast float32',
    ]);
  });

  it('a value that is also used in float32 is widened once and never narrowed again', () => {
    const program = trace(
      ({ a, b }) => {
        const p = tf.matMul(a!, b!);
        return { y: tf.matMul(p, b!), z: tf.exp(p) };
      },
      { a: f32(2, 2), b: f32(2, 2) },
    );
    expect(kinds(lowerPrecision(program, 'float16')).filter((kind) => kind.startsWith('cast'))).toEqual([
      'cast float16',
      'cast float16',
      'cast float32',
      'cast float32',
    ]);
  });
});

describe('in bfloat16', () => {
  it('a value that crosses a cut is widened on one side and narrowed on the other', () => {
    const { forward, backward, stash } = widenStash(
      cut(lowerPrecision(trace(gradients, cutSpecs), 'bfloat16'), ['dy']),
    );
    expect(
      stash.some((name) =>
        forward.nodes.some((node) => node.scope === 'stash' && node.outputs.includes(forward.outputs[name]!)),
      ),
    ).toBe(true);
    expect(stash.map((name) => [forward.outputs[name]!.dtype, backward.inputs[name]!.dtype])).toEqual(
      stash.map(() => ['float32', 'float32']),
    );
    const products = backward.nodes.filter(({ kind }) => kind === 'matMul');
    expect(products.flatMap(({ inputs }) => inputs.map(({ dtype }) => dtype))).toEqual(
      products.flatMap(() => ['bfloat16', 'bfloat16']),
    );
  });
});

describe('in float16', () => {
  it('gradients equal those of float32 to the precision of float16', async () => {
    const program = trace(gradients, specs);
    const [exact, got] = [await run(program), await run(lowerPrecision(program, 'float16'))];
    for (const [name, expected] of Object.entries(exact)) {
      const scale = Math.max(...expected.map(Math.abs));
      const error = Math.max(...expected.map((value, at) => Math.abs(value - got[name]![at]!))) / scale;
      expect(error, name).toBeLessThan(8 * 2 ** -11);
      expect(error, name).toBeGreaterThan(2 ** -16);
    }
  });

  it('a cut program gives the same bits as the whole', async () => {
    const program = lowerPrecision(trace(gradients, cutSpecs), 'float16');
    const { forward, backward } = cut(program, ['dy']);
    const first = await run(forward);
    const late = await run(backward, first);
    expect({ y: first['y'], dx: late['dx'], dw: late['dw'] }).toEqual(await run(program));
  });
});

/**
 * Run a program. An input that is not given has made-up values that depend only on its name and size. ONNX Runtime
 * optimises nothing, so it leaves the casts as they are.
 */
async function run(
  program: Program,
  given: Readonly<Record<string, Float32Array | Uint16Array>> = {},
): Promise<Record<string, Float32Array>> {
  const { onnx, inputs } = lower(program);
  const session = await ort.InferenceSession.create(onnx, { logSeverityLevel: 3, graphOptimizationLevel: 'disabled' });
  const feeds = inputs.map((name) => {
    const { shape, dtype } = program.inputs[name]!;
    const size = shape.reduce((product, extent) => product * extent, 1);
    const data = given[name] ?? Float32Array.from({ length: size }, (_, at) => Math.sin(7 * at + name.length));
    return [`in/${name}`, new ort.Tensor(dtype as 'float32', data as Float32Array, shape)] as const;
  });
  const results = await session.run(Object.fromEntries(feeds));
  await session.release();
  return Object.fromEntries(
    Object.keys(program.outputs).map((name) => [name, results[`out/${name}`]!.data as Float32Array]),
  );
}
