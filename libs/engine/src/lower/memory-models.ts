import type { DataType } from '../tensor-spec.js';
import { literalTensor, onnxTypeCode } from './graph-builder.js';
import { encodeModel, type OnnxNode } from './onnx-schema.js';

/** ONNX bytes of y = x, for any shape. This model copies a tensor between host and device. */
export function copyModel(dtype: DataType): Uint8Array {
  return memoryModel(dtype, operator('Identity', ['x']), { x: onnxTypeCode[dtype] });
}

/** ONNX bytes of y = zeros(shape), where the input `shape` is int64. */
export function zerosModel(dtype: DataType): Uint8Array {
  return memoryModel(dtype, operator('Expand', ['zero', 'shape']), { shape: onnxTypeCode.int64 });
}

function memoryModel(dtype: DataType, node: OnnxNode, inputs: Readonly<Record<string, number>>): Uint8Array {
  const ofType = (name: string, elem_type: number) => ({ name, type: { tensor_type: { elem_type } } });
  const input = Object.entries(inputs).map(([name, type]) => ofType(name, type));
  const initializer = [literalTensor('zero', [0], [], dtype)].filter(({ name }) => node.input.includes(name));
  return encodeModel({
    name: node.op_type,
    node: [node],
    initializer,
    input,
    output: [ofType('y', onnxTypeCode[dtype])],
  });
}

function operator(op_type: string, input: readonly string[]): OnnxNode {
  return { op_type, domain: '', name: op_type, input, output: ['y'], attribute: [] };
}
