import { bytesOf, sizeOf } from '../tensor-spec.js';
import { minimumCut, type Network } from './minimum-cut.js';
import { cheapPrimitives } from './primitive.js';
import { producers, type Node, type Program, type Value } from './program.js';
import { removeDeadCode } from './rewrite/dead-code.js';

export interface Rematerialisation {
  /** Values to keep for later. */
  readonly keep: ReadonlySet<Value>;
  /**
   * Nodes that can be done again later, from what is kept and the inputs; all that is needed and not kept is among
   * their results.
   */
  readonly redo: ReadonlySet<Node>;
}

/**
 * How many bytes may be read and written later to keep one byte less until then. At 16 the stash of ViT-B/32 is half of
 * what it is where all is kept, at 100 no smaller; and no step measured on CPUs took longer than one that keeps
 * all (0.90 of its time for ResNet-50, 0.95 to 0.99 for ViTs): less memory is written first and read long after.
 */
const movedPerKeptByte = 16;
/** Operations of a matmul in the time it takes to move a byte: for the short matmuls of attention, on one core. */
const flopsPerByte = 4;

/**
 * What to keep of a program, and what to do again, to have the `needed` values later too: of all choices one with the
 * least movedPerKeptByte · bytes kept + bytes read and written by what is done again. Inputs are there anyway. What the
 * program's own outputs do not need is done once, now or later, so doing it later costs nothing; of equal choices the
 * one that keeps the earliest values. As a minimum cut: a value is there if it is kept or its node is done again, and
 * that needs all it takes to be there. Source: Chen et al. 2016 (recomputation); Hochbaum 2008 (such choices as cuts).
 */
export function rematerialise(program: Program, needed: Iterable<Value>): Rematerialisation {
  const definedBy = producers(program);
  const forOutputs = new Set(removeDeadCode(program).nodes);
  const edges: { from: number; to: number; capacity: number }[] = [];
  const [source, sink] = [0, 1];
  const again = new Map<Node, number>(program.nodes.map((node, index) => [node, 2 + index]));
  const there = new Map<Value, number>([...definedBy.keys()].map((value, index) => [value, 2 + again.size + index]));
  for (const [node, at] of again) {
    edges.push({ from: source, to: at, capacity: forOutputs.has(node) ? redoBytes(node) : 0 });
    for (const value of node.inputs)
      if (there.has(value)) edges.push({ from: there.get(value)!, to: at, capacity: Infinity });
    for (const value of node.outputs)
      edges.push({ from: at, to: there.get(value)!, capacity: movedPerKeptByte * keptBytes(value) });
  }
  for (const value of needed)
    if (there.has(value)) edges.push({ from: there.get(value)!, to: sink, capacity: Infinity });

  const network: Network = { nodes: 2 + again.size + there.size, edges };
  const absent = minimumCut(network, source, sink);
  const isThere = (value: Value): boolean => !absent.has(there.get(value)!);
  return {
    keep: new Set([...there.keys()].filter((value) => isThere(value) && absent.has(again.get(definedBy.get(value)!)!))),
    redo: new Set(program.nodes.filter((node) => !absent.has(again.get(node)!))),
  };
}

/** bfloat16 crosses as float32: see widenStash. */
function keptBytes(value: Value): number {
  return value.dtype === 'bfloat16' ? 2 * bytesOf(value) : bytesOf(value);
}

/** What doing a node takes, as bytes that are read and written. */
function redoBytes(node: Node): number {
  if (cheapPrimitives.has(node.kind)) return 0;
  const moved = [...node.inputs, ...node.outputs].reduce((bytes, value) => bytes + bytesOf(value), 0);
  return moved + flops(node) / flopsPerByte;
}

/** Of a matmul; of other operations the bytes are what takes time. */
function flops({ kind, inputs: [a, b], outputs: [result], attributes }: Node): number {
  const [sizeOfA, sizeOfB, size] = [a, b, result].map((value) => sizeOf(value?.shape ?? []));
  switch (kind) {
    case 'matMul':
      return 2 * size! * a!.shape.at(attributes.transposeA ? -2 : -1)!;
    case 'conv':
      return (2 * size! * sizeOfB!) / b!.shape[0]!;
    case 'convInputGradient':
      return (2 * sizeOfA! * sizeOfB!) / b!.shape[0]!;
    case 'convFilterGradient':
      return (2 * sizeOfB! * size!) / result!.shape[0]!;
    default:
      return 0;
  }
}
