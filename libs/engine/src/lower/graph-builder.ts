import { narrowBfloat16, narrowFloat16 } from '#kernel/half-precision.js';
import type { DataType, TensorSpec } from '../tensor-spec.js';
import { leavesLast } from './leaves-last.js';
import type { OnnxGraph, OnnxNode, OnnxTensor, OnnxValueInfo } from './onnx-schema.js';

type OnnxType = DataType | 'int64';
export const onnxTypeCode: Readonly<Record<OnnxType | 'int8', number>> = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  int8: 3,
  float16: 10,
  bfloat16: 16,
};

type AttributeValue =
  | number
  | readonly number[]
  | { readonly float: number }
  | { readonly string: string }
  | { readonly tensor: OnnxTensor };

export interface EmitOptions {
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly domain?: string;
  readonly outputs?: readonly string[];
}

/** Collects ONNX nodes and numbers their intermediate results, `t0`, `t1`, …, as names. */
export interface GraphBuilder {
  /** Add an operator and return the name of its first result. */
  emit(operator: string, inputs: readonly string[], options?: EmitOptions): string;
  /** Add a literal and return its name. The graph holds equal literals once. */
  literal(values: readonly number[], spec: { readonly shape: readonly number[]; readonly dtype: OnnxType }): string;
  /** Add a literal list of int64, which is how ONNX takes axes and shapes. */
  integers(values: readonly number[]): string;
  /** Add the shape that a Reshape takes. */
  shape(values: readonly number[]): string;
  fresh(): string;
  /**
   * Make a result an output of this name. Its operator writes the output directly. The value is copied only if it is an
   * input, a literal or already an output.
   */
  output(name: string, of: string): void;
  /** Set the prefix of the names of all nodes that follow. A profile shows these names. */
  within(scope: string): void;
  finish(inputs: readonly OnnxValueInfo[], outputs: readonly OnnxValueInfo[]): OnnxGraph;
}

export function buildGraph(name: string): GraphBuilder {
  const nodes: OnnxNode[] = [];
  const literals = new Map<string, OnnxTensor>();
  const outputNames = new Map<string, string>();
  let counter = 0;
  let scope = '';
  const fresh = (): string => `t${counter++}`;
  const literal: GraphBuilder['literal'] = (values, { shape, dtype }) => {
    const key = `${dtype}[${shape.join(',')}]:${values.join(',')}`;
    const known = literals.get(key);
    if (known) return known.name;
    const tensor = literalTensor(`c${literals.size}`, values, shape, dtype);
    literals.set(key, tensor);
    return tensor.name;
  };
  const integers = (values: readonly number[]): string => literal(values, { shape: [values.length], dtype: 'int64' });
  return {
    emit(operator, inputs, { attributes = {}, domain = '', outputs = [fresh()] } = {}) {
      const attribute = Object.entries(attributes).map(([key, value]) => onnxAttribute(key, value));
      nodes.push({
        op_type: operator,
        domain,
        name: `${scope}/${operator}.${nodes.length}`,
        input: inputs,
        output: outputs,
        attribute,
      });
      return outputs[0]!;
    },
    literal,
    integers,
    shape: integers,
    fresh,
    output(outputName, of) {
      const isFreeResult = !outputNames.has(of) && nodes.some(({ output }) => output.includes(of));
      if (isFreeResult) outputNames.set(of, outputName);
      else
        nodes.push({
          op_type: 'Identity',
          domain: '',
          name: outputName,
          input: [of],
          output: [outputName],
          attribute: [],
        });
    },
    within(next) {
      scope = next;
    },
    finish(input, output) {
      const named = (result: string): string => outputNames.get(result) ?? result;
      const node = nodes.map((one) => ({ ...one, input: one.input.map(named), output: one.output.map(named) }));
      return { name, node: leavesLast(node), initializer: [...literals.values()], input, output };
    },
  };
}

export function literalTensor(
  name: string,
  values: readonly number[],
  dims: readonly number[],
  dtype: OnnxType,
): OnnxTensor {
  return { name, dims, data_type: onnxTypeCode[dtype], raw_data: rawData(values, dtype) };
}

export function valueInfo(name: string, { shape, dtype }: TensorSpec): OnnxValueInfo {
  return {
    name,
    type: {
      tensor_type: { elem_type: onnxTypeCode[dtype], shape: { dim: shape.map((dim_value) => ({ dim_value })) } },
    },
  };
}

function rawData(values: readonly number[], dtype: OnnxType): Uint8Array {
  switch (dtype) {
    case 'float32':
      return new Uint8Array(Float32Array.from(values).buffer);
    case 'int32':
      return new Uint8Array(Int32Array.from(values).buffer);
    case 'int64':
      return new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    case 'bool':
      return Uint8Array.from(values);
    case 'float16':
      return new Uint8Array(narrowFloat16(Float32Array.from(values)).buffer);
    case 'bfloat16':
      return new Uint8Array(narrowBfloat16(Float32Array.from(values)).buffer);
  }
}

function onnxAttribute(name: string, value: AttributeValue): Readonly<Record<string, unknown>> {
  if (typeof value === 'number') return { name, i: value, type: 2 };
  if (Array.isArray(value)) return { name, ints: value, type: 7 };
  if ('float' in value) return { name, f: value.float, type: 1 };
  if ('string' in value) return { name, s: new TextEncoder().encode(value.string), type: 3 };
  return { name, t: (value as { tensor: OnnxTensor }).tensor, type: 4 };
}
