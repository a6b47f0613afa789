import type { Attributes, Primitive } from '../program/primitive.js';
import { lowerConv, lowerConvFilterGradient, lowerConvInputGradient } from './convolution-lowerings.js';
import { literalTensor, onnxTypeCode, type GraphBuilder } from './graph-builder.js';
import type { Lowering } from './lowering.js';
import { sizeOf } from '../tensor-spec.js';

type Named = { readonly graph: GraphBuilder; readonly operands: readonly string[] };

const operator =
  (name: string) =>
  ({ graph, operands }: Named): string =>
    graph.emit(name, operands);

type ReductionInput = Named & { readonly node: { readonly attributes: Attributes['sum'] } };

const reduce =
  (name: string) =>
  ({ graph, node: { attributes }, operands: [x] }: ReductionInput): string =>
    graph.emit(name, [x!, graph.integers(attributes.axes)], { attributes: { keepdims: attributes.keepDims ? 1 : 0 } });

/** A lowering for each primitive. */
export type LoweringTable = { readonly [P in Primitive]: Lowering<P> };

/** The lowerings for CPU and CUDA. Source of the operators: ONNX operator set 18; com.microsoft: ONNX Runtime. */
export const lowerings: LoweringTable = {
  constant: ({ graph, node: { attributes, outputs } }) => graph.literal(attributes.values, outputs[0]!),
  fill: ({ graph, node: { attributes, outputs } }) => {
    const { shape, dtype } = outputs[0]!;
    const value = literalTensor('value', [attributes.value], [1], dtype);
    return graph.emit('ConstantOfShape', [graph.integers(shape)], { attributes: { value: { tensor: value } } });
  },
  iota: ({ graph, node: { outputs } }) => {
    const [from, to, step] = [0, outputs[0]!.shape[0]!, 1].map((number) =>
      graph.literal([number], { shape: [], dtype: 'int32' }),
    );
    return graph.emit('Range', [from!, to!, step!]);
  },
  neg: operator('Neg'),
  exp: operator('Exp'),
  log: operator('Log'),
  sqrt: operator('Sqrt'),
  reciprocal: operator('Reciprocal'),
  erf: operator('Erf'),
  sigmoid: operator('Sigmoid'),
  tanh: operator('Tanh'),
  abs: operator('Abs'),
  relu: operator('Relu'),
  not: operator('Not'),
  cast: ({ graph, node, operands }) =>
    graph.emit('Cast', operands, { attributes: { to: onnxTypeCode[node.attributes.to] } }),
  add: operator('Add'),
  sub: operator('Sub'),
  mul: operator('Mul'),
  div: operator('Div'),
  pow: operator('Pow'),
  maximum: operator('Max'),
  minimum: operator('Min'),
  greater: operator('Greater'),
  greaterEqual: operator('GreaterOrEqual'),
  less: operator('Less'),
  lessEqual: operator('LessOrEqual'),
  equal: operator('Equal'),
  and: operator('And'),
  or: operator('Or'),
  where: operator('Where'),
  sum: reduce('ReduceSum'),
  mean: reduce('ReduceMean'),
  max: reduce('ReduceMax'),
  min: reduce('ReduceMin'),
  argMax: ({ graph, node, operands }) => {
    const position = graph.emit('ArgMax', operands, {
      attributes: { axis: node.attributes.axis, keepdims: 0, select_last_index: 0 },
    });
    return graph.emit('Cast', [position], { attributes: { to: onnxTypeCode.int32 } });
  },
  softmax: ({ graph, node, operands }) =>
    graph.emit('Softmax', operands, { attributes: { axis: node.attributes.axis } }),
  gelu: ({ graph, operands }) => graph.emit('Gelu', operands, { domain: 'com.microsoft' }),
  layerNorm: ({ graph, node, operands }) =>
    graph.emit('LayerNormalization', operands, {
      attributes: { axis: -1, epsilon: { float: node.attributes.epsilon } },
    }),
  matMul: ({ graph, node: { attributes }, operands }) =>
    graph.emit('FusedMatMul', operands, {
      attributes: {
        transA: attributes.transposeA ? 1 : 0,
        transB: attributes.transposeB ? 1 : 0,
        alpha: { float: attributes.scale },
      },
      domain: 'com.microsoft',
    }),
  conv: lowerConv,
  convInputGradient: lowerConvInputGradient,
  convFilterGradient: lowerConvFilterGradient(({ graph, a, b }) =>
    graph.emit('FusedMatMul', [a, b], {
      attributes: { transA: 1, transB: 0, alpha: { float: 1 } },
      domain: 'com.microsoft',
    }),
  ),
  reshape: ({ graph, node, operands: [x] }) => graph.emit('Reshape', [x!, graph.shape(node.attributes.shape)]),
  transpose: ({ graph, node, operands }) =>
    graph.emit('Transpose', operands, { attributes: { perm: node.attributes.perm } }),
  concat: ({ graph, node, operands }) => graph.emit('Concat', operands, { attributes: { axis: node.attributes.axis } }),
  split: ({ graph, node: { attributes }, operands: [x] }) => {
    const outputs = attributes.sizes.map(() => graph.fresh());
    graph.emit('Split', [x!, graph.integers(attributes.sizes)], { attributes: { axis: attributes.axis }, outputs });
    return outputs;
  },
  slice: ({ graph, node: { attributes }, operands: [x] }) => {
    const ends = attributes.begin.map((begin, axis) => begin + attributes.size[axis]!);
    return graph.emit('Slice', [x!, graph.integers(attributes.begin), graph.integers(ends)]);
  },
  pad: ({ graph, node: { attributes, outputs }, operands: [x] }) => {
    const amounts = graph.integers([...attributes.before, ...attributes.after]);
    return graph.emit('Pad', [x!, amounts, graph.literal([attributes.value], { shape: [], dtype: outputs[0]!.dtype })]);
  },
  tile: ({ graph, node, operands: [x] }) => graph.emit('Tile', [x!, graph.integers(node.attributes.repeats)]),
  gather: ({ graph, node, operands }) => graph.emit('Gather', operands, { attributes: { axis: node.attributes.axis } }),
  segmentSum: ({ graph, node: { inputs, outputs }, operands: [x, ids] }) => {
    // ScatterElements adds on one thread, in order, so it gives the same bits every time. ScatterND distributes rows
    // over threads; when two of them add to one row at once, an addition is lost. Source: ONNX Runtime, scatter.cc and
    // scatter_nd.cc.
    const {
      shape: [segments, ...row],
      dtype,
    } = outputs[0]!;
    const all = [sizeOf(inputs[1]!.shape), ...row];
    const zeros = graph.emit('ConstantOfShape', [graph.integers([segments!, ...row])], {
      attributes: { value: { tensor: literalTensor('value', [0], [1], dtype) } },
    });
    const rows = graph.emit('Expand', [
      graph.emit('Reshape', [ids!, graph.integers([all[0]!, ...row.map(() => 1)])]),
      graph.integers(all),
    ]);
    return graph.emit('ScatterElements', [zeros, rows, graph.emit('Reshape', [x!, graph.integers(all)])], {
      attributes: { axis: 0, reduction: { string: 'add' } },
    });
  },
};
