import protobuf from 'protobufjs';

/** The part of ONNX's onnx.proto (version 1.15, Apache-2.0) that the engine writes, with the same field numbers. */
const proto = `
syntax = "proto3";
package onnx;
message AttributeProto {
  enum AttributeType { UNDEFINED = 0; FLOAT = 1; INT = 2; STRING = 3; TENSOR = 4; FLOATS = 6; INTS = 7; }
  string name = 1; float f = 2; int64 i = 3; bytes s = 4; TensorProto t = 5; repeated float floats = 7;
    repeated int64 ints = 8;
  AttributeType type = 20;
}
message NodeProto {
  repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4;
    repeated AttributeProto attribute = 5;
  string domain = 7;
}
message TensorProto { repeated int64 dims = 1; int32 data_type = 2; string name = 8; bytes raw_data = 9; }
message TensorShapeProto { message Dimension { oneof value { int64 dim_value = 1; string dim_param = 2;
  } } repeated Dimension dim = 1; }
message TypeProto { message Tensor { int32 elem_type = 1; TensorShapeProto shape = 2; } Tensor tensor_type = 1; }
message ValueInfoProto { string name = 1; TypeProto type = 2; }
message GraphProto {
  repeated NodeProto node = 1; string name = 2; repeated TensorProto initializer = 5;
  repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12;
}
message OperatorSetIdProto { string domain = 1; int64 version = 2; }
message ModelProto { int64 ir_version = 1; string producer_name = 2; GraphProto graph = 7;
  repeated OperatorSetIdProto opset_import = 8; }
`;

const ModelProto = protobuf.parse(proto, { keepCase: true }).root.lookupType('onnx.ModelProto');

export interface OnnxNode {
  readonly op_type: string;
  readonly domain: string;
  readonly name: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly Readonly<Record<string, unknown>>[];
}

export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data_type: number;
  readonly raw_data: Uint8Array;
}

/** The length of an axis, or the name of a length that is known only when the model runs. */
export type OnnxDimension = { readonly dim_value: number } | { readonly dim_param: string };

export interface OnnxValueInfo {
  readonly name: string;
  /** An output without a type has the type that its operator gives. */
  readonly type?: {
    readonly tensor_type: {
      readonly elem_type: number;
      /** Any shape if left out. */ readonly shape?: { readonly dim: readonly OnnxDimension[] };
    };
  };
}

export interface OnnxGraph {
  readonly name: string;
  readonly node: readonly OnnxNode[];
  readonly initializer: readonly OnnxTensor[];
  readonly input: readonly OnnxValueInfo[];
  readonly output: readonly OnnxValueInfo[];
}

export interface OperatorSet {
  readonly domain: string;
  readonly version: number;
}

/** ONNX's own operators. */
export const standardOperators: readonly OperatorSet[] = [{ domain: '', version: 18 }];

/** ONNX's own operators and ONNX Runtime's. */
export const onnxRuntimeOperators: readonly OperatorSet[] = [
  ...standardOperators,
  { domain: 'com.microsoft', version: 1 },
];

/**
 * Encode a model as bytes. Throws an internal error if it uses an operator outside these sets: ONNX Runtime would
 * accept it, but other runtimes would not.
 */
export function encodeModel(graph: OnnxGraph, operators: readonly OperatorSet[] = onnxRuntimeOperators): Uint8Array {
  const foreign = graph.node.find((node) => !operators.some(({ domain }) => domain === node.domain));
  if (foreign)
    throw new Error(
      `internal: ${foreign.op_type} of ${foreign.domain} in a model without these operators, at ${foreign.name}`,
    );
  return ModelProto.encode({ ir_version: 9, producer_name: 'tandem', graph, opset_import: operators }).finish();
}
