import { extentOf, type NamedExtents } from '../program/named-extents.js';
import type { Program, Value } from '../program/program.js';
import { usedInputs } from '../program/program.js';
import { traceNamed, type ExtentFunction } from '../trace/trace-named.js';
import { graphWithExtents, type ExtentSource } from './extent-graph.js';
import { buildGraph, onnxTypeCode, type GraphBuilder } from './graph-builder.js';
import { lowerNodes } from './lower.js';
import {
  encodeModel,
  standardOperators,
  type OnnxDimension,
  type OnnxTensor,
  type OnnxValueInfo,
} from './onnx-schema.js';
import { portableLowerings } from './portable-lowerings.js';
import type { QuantisedGroups } from './quantised-groups.js';

/** A function as a file for any ONNX runtime. */
export interface PortableFunction<Name extends string> {
  /** Extents that a caller chooses from run to run; each is an axis of some input. */
  readonly extents: readonly Name[];
  readonly at: (extents: Readonly<Record<Name, number>>) => ExtentFunction;
  /** Inputs whose values are in the file. A function that takes fewer rows than a parameter has gets the first ones. */
  readonly parameters: Readonly<Record<string, PortableParameter>>;
}

export interface PortableParameter {
  readonly shape: readonly number[];
  /** As the file holds it; the file computes in float32 all the same. */
  readonly data: PortableValues;
}

/** float32, the bits of float16, or bytes. */
export type PortableValues = Float32Array | Uint16Array | QuantisedGroups;

/**
 * ONNX bytes of a function, with its parameters. They use operators of ONNX's own set (18) only. Inputs and outputs
 * keep the function's names, and named extents are open. Integer inputs are int64, as tokenizers give them.
 */
export function encodePortableModel<Name extends string>({
  extents: names,
  at,
  parameters,
}: PortableFunction<Name>): Uint8Array {
  const { program, extents } = traceNamed(names, at);
  const used = usedInputs(program);
  const given = used.filter((name) => !(name in parameters));
  const plain = buildGraph('tandem');
  const graph = graphWithExtents(plain, extents, sourcesOf(program, given, extents));
  graph.within('inputs');
  const entered = used.map(
    (name) =>
      [
        program.inputs[name]!,
        name in parameters
          ? parameterRows(graph, widened(graph, name, parameters[name]!), program.inputs[name]!, extents)
          : cast(graph, name, program.inputs[name]!),
      ] as const,
  );
  const results = lowerNodes(program, graph, portableLowerings, new Map<Value, string>(entered));
  graph.within('outputs');
  for (const [name, value] of Object.entries(program.outputs)) graph.output(name, results.get(value)!);
  const finished = graph.finish(
    given.map((name) => openValueInfo(name, program.inputs[name]!, extents)),
    Object.entries(program.outputs).map(([name, value]) => openValueInfo(name, value, extents)),
  );
  const held = used.filter((name) => name in parameters).flatMap((name) => initializers(name, parameters[name]!));
  return encodeModel({ ...finished, initializer: [...finished.initializer, ...held] }, standardOperators);
}

/** For each extent, the first axis of an input that has exactly this length. */
function sourcesOf(program: Program, given: readonly string[], extents: NamedExtents): Record<string, ExtentSource> {
  return Object.fromEntries(
    Object.entries(extents).map(([name, prime]) => {
      const input = given.find((each) => program.inputs[each]!.shape.includes(prime));
      if (input === undefined) throw new Error(`internal: no input has an axis of the length ${name}`);
      return [name, { input, axis: program.inputs[input]!.shape.indexOf(prime) }];
    }),
  );
}

function widened(graph: GraphBuilder, name: string, { shape, data }: PortableParameter): string {
  if (data instanceof Float32Array) return name;
  if (data instanceof Uint16Array) return graph.emit('Cast', [name], { attributes: { to: onnxTypeCode.float32 } });
  const groups = graph.emit('DequantizeLinear', [name, scalesOf(name)], { attributes: { axis: 0 } });
  return graph.emit('Reshape', [groups, graph.integers(shape)]);
}

function scalesOf(name: string): string {
  return `${name}.scales`;
}

function parameterRows(graph: GraphBuilder, name: string, { shape }: Value, extents: NamedExtents): string {
  const rows = shape[0];
  if (rows === undefined || extentOf(rows, extents).names.length === 0) return name;
  return graph.emit('Slice', [name, graph.integers([0]), graph.integers([rows]), graph.integers([0])]);
}

function cast(graph: GraphBuilder, name: string, { dtype }: Value): string {
  return dtype === 'int32' ? graph.emit('Cast', [name], { attributes: { to: onnxTypeCode.int32 } }) : name;
}

function openValueInfo(name: string, { shape, dtype }: Value, extents: NamedExtents): OnnxValueInfo {
  const dim = shape.map((value): OnnxDimension => {
    const { factor, names } = extentOf(value, extents);
    return names.length === 0
      ? { dim_value: value }
      : { dim_param: [...(factor === 1 ? [] : [factor]), ...names].join('*') };
  });
  return {
    name,
    type: { tensor_type: { elem_type: onnxTypeCode[dtype === 'int32' ? 'int64' : dtype], shape: { dim } } },
  };
}

function initializers(name: string, { shape, data }: PortableParameter): OnnxTensor[] {
  if (data instanceof Float32Array) return [initializer(name, shape, 'float32', data)];
  if (data instanceof Uint16Array) return [initializer(name, shape, 'float16', data)];
  const { values, scales } = data;
  return [
    initializer(name, [scales.length, values.length / scales.length], 'int8', values),
    initializer(scalesOf(name), [scales.length], 'float32', scales),
  ];
}

function initializer(
  name: string,
  dims: readonly number[],
  type: keyof typeof onnxTypeCode,
  { buffer, byteOffset, byteLength }: ArrayBufferView,
): OnnxTensor {
  return { name, dims, data_type: onnxTypeCode[type], raw_data: new Uint8Array(buffer, byteOffset, byteLength) };
}
