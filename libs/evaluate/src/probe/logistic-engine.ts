import { standardOperators, encodeModel, type OnnxNode, type OnnxValueInfo } from '#engine/lower/onnx-schema.js';
import { openOnnxSession, type OnnxSession } from '#engine/run/onnxruntime/onnx-session.js';

/** Computes the loss of logistic regressions and its gradient, in float64, by ONNX Runtime's threads. */
export interface LogisticEngine {
  /**
   * Takes samples: x [n, f] and one-hot classes y [n, C], rows of both in blocks of the same length. They replace those
   * before.
   */
  take(blocks: readonly SampleBlock[]): Promise<void>;
  /** Σ over the samples of the cross-entropy of softmax(x·w), and its gradient [f, C], for weights w [f, C]. */
  loss(weights: Float64Array, classes: number): Promise<{ readonly value: number; readonly gradient: Float64Array }>;
  close(): Promise<void>;
}

export interface SampleBlock {
  readonly rows: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Below so many multiply-adds a second thread costs more than it brings. */
const sharedWorkMin = 2 ** 24;

/** Threads for n samples of f features and C classes, of those there are: one where there is little to share. */
export function probeThreads(samples: { n: number; f: number; C: number }, threads: number): number {
  return samples.n * samples.f * samples.C < sharedWorkMin ? 1 : threads;
}

export async function openLogisticEngine(threads: number): Promise<LogisticEngine> {
  const session = await openOnnxSession({ model: lossModel(), threads, name: 'the loss of a logistic regression' });
  let blocks = 0;
  return {
    async take(samples) {
      blocks = samples.length;
      for (const [index, block] of samples.entries()) await hold(session, index, block);
    },
    async loss(weights, classes) {
      const w = { shape: [weights.length / classes, classes], data: weights };
      const gradient = new Float64Array(weights.length);
      let value = 0;
      // Blocks and rows are added in their order, whatever the number of threads.
      for (let index = 0; index < blocks; index += 1) {
        const ones = { shape: [classes, 1], data: new Float64Array(classes).fill(1) };
        const part = await session.run({ w, ones, x: `x${index}`, y: `y${index}` });
        for (const one of part['likelihoods']!.data as Float64Array) value -= one;
        const own = part['gradient']!.data as Float64Array;
        for (let i = 0; i < gradient.length; i += 1) gradient[i]! += own[i]!;
      }
      return { value, gradient };
    },
    close: () => session.close(),
  };
}

async function hold(session: OnnxSession, index: number, { rows, x, y }: SampleBlock): Promise<void> {
  await session.hold(`x${index}`, { shape: [rows, x.length / rows], data: x });
  await session.hold(`y${index}`, { shape: [rows, y.length / rows], data: y });
}

/** likelihoods [n, 1] = Σ_c y ∘ log softmax(x·w); gradient [f, C] = xᵀ·(softmax(x·w) − y). */
function lossModel(): Uint8Array {
  const node = (op: string, input: string[], output: string, attribute: OnnxNode['attribute'] = []): OnnxNode => ({
    op_type: op,
    domain: '',
    name: output,
    input,
    output: [output],
    attribute,
  });
  const int = (name: string, i: number): OnnxNode['attribute'][number] => ({ name, type: 2, i });
  return encodeModel(
    {
      name: 'logistic regression',
      node: [
        node('MatMul', ['x', 'w'], 'logits'),
        node('LogSoftmax', ['logits'], 'logs', [int('axis', 1)]),
        node('Mul', ['logs', 'y'], 'own'),
        node('MatMul', ['own', 'ones'], 'likelihoods'),
        node('Exp', ['logs'], 'probabilities'),
        node('Sub', ['probabilities', 'y'], 'differences'),
        node('Gemm', ['x', 'differences'], 'gradient', [int('transA', 1)]),
      ],
      initializer: [],
      input: [port('x', 'n', 'f'), port('y', 'n', 'C'), port('w', 'f', 'C'), port('ones', 'C', 'one')],
      output: [port('likelihoods', 'n', 'one'), port('gradient', 'f', 'C')],
    },
    standardOperators,
  );
}

const float64 = 11; // TensorProto.DataType.DOUBLE

function port(name: string, rows: string, columns: string): OnnxValueInfo {
  const dim = [{ dim_param: rows }, { dim_param: columns }];
  return { name, type: { tensor_type: { elem_type: float64, shape: { dim } } } };
}
