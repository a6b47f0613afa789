import type { Node, Program, Value } from '../program/program.js';
import { usedInputs } from '../program/program.js';
import { buildGraph, valueInfo, type GraphBuilder } from './graph-builder.js';
import { encodeModel, onnxRuntimeOperators, standardOperators } from './onnx-schema.js';
import type { Lowering } from './lowering.js';
import { lowerings, type LoweringTable } from './lowerings.js';
import { portableLowerings } from './portable-lowerings.js';
import { noAnswer } from './no-answer.js';
import { webgpuLowerings } from './webgpu-lowerings.js';

/** The providers of ONNX Runtime that a program can be lowered for. */
export type Provider = 'cpu' | 'cuda' | 'webgpu';

/** What a program can be lowered for. `portable` uses ONNX's own operators only, for any runtime. */
export type LoweringTarget = Provider | 'portable';

const rules: Readonly<Record<LoweringTarget, LoweringTable>> = {
  cpu: lowerings,
  cuda: lowerings,
  webgpu: webgpuLowerings,
  portable: portableLowerings,
};

/** ONNX bytes of a program, and the inputs they take. Unused inputs are left out, as ONNX Runtime demands. */
export interface LoweredProgram {
  readonly onnx: Uint8Array;
  readonly inputs: readonly string[];
}

export interface LowerOptions {
  /**
   * Whether the caller will give memory for all outputs. The model then begins with an extra output that keeps the
   * others from being copied (see runInPlace).
   */
  readonly hasNoAnswer?: boolean;
}

/** Lower a program to an ONNX model. Inputs and outputs keep their names, after `in/` and `out/`. */
export function lower(
  program: Program,
  target: LoweringTarget = 'cpu',
  { hasNoAnswer = false }: LowerOptions = {},
): LoweredProgram {
  const graph = buildGraph('tandem');
  const inputs = usedInputs(program);
  const names = lowerNodes(
    program,
    graph,
    rules[target],
    new Map(inputs.map((name) => [program.inputs[name]!, `in/${name}`])),
  );
  graph.within('outputs');
  if (hasNoAnswer)
    graph.output(noAnswer, graph.emit('SequenceConstruct', [graph.literal([0], { shape: [], dtype: 'float32' })]));
  for (const [name, value] of Object.entries(program.outputs)) graph.output(`out/${name}`, names.get(value)!);
  const finished = graph.finish(
    inputs.map((name) => valueInfo(`in/${name}`, program.inputs[name]!)),
    [
      ...(hasNoAnswer ? [{ name: noAnswer }] : []),
      ...Object.entries(program.outputs).map(([name, value]) => valueInfo(`out/${name}`, value)),
    ],
  );
  return { onnx: encodeModel(finished, target === 'portable' ? standardOperators : onnxRuntimeOperators), inputs };
}

/** Add a program's operations to a graph. `inputs` names the inputs in the graph; the result names all values. */
export function lowerNodes(
  program: Program,
  graph: GraphBuilder,
  table: LoweringTable,
  inputs: ReadonlyMap<Value, string>,
): ReadonlyMap<Value, string> {
  const names = new Map(inputs);
  for (const node of program.nodes) {
    graph.within(node.scope);
    const operands = node.inputs.map((value) => names.get(value)!);
    lowerNode(graph, table, node, operands).forEach((name, index) => names.set(node.outputs[index]!, name));
  }
  return names;
}

function lowerNode(
  graph: GraphBuilder,
  table: LoweringTable,
  node: Node,
  operands: readonly string[],
): readonly string[] {
  const rule = table[node.kind] as Lowering<never>;
  const lowered = rule({ graph, node: node as never, operands });
  return typeof lowered === 'string' ? [lowered] : lowered;
}
