import { rematerialise } from './rematerialise.js';
import type { Node, Program, Value } from './program.js';
import { removeDeadCode } from './rewrite/dead-code.js';
import { verify } from './verify.js';

/**
 * A program in two parts: `forward` needs none of the late inputs, and `backward` computes the rest from the late
 * inputs and from what `forward` kept.
 */
export interface CutProgram {
  readonly forward: Program;
  readonly backward: Program;
  /** Names of the values that cross the cut: outputs of `forward` and inputs of `backward`. */
  readonly stash: readonly string[];
}

/**
 * Cut a program in two where some inputs arrive late (the embedding gradient). `forward` computes the outputs that do
 * not depend on the late inputs, and `backward` computes the others. The values that `backward` needs of `forward` come
 * from the stash or are rematerialised, whichever is cheaper. The choice is made here once: if a stash is lost, running
 * `forward` again gives the same bits. A rematerialised value may be rounded differently than it was in `forward` if
 * ONNX Runtime fuses one of the two with its neighbours.
 */
export function cut(program: Program, lateInputs: readonly string[]): CutProgram {
  const late = new Set<Value>(lateInputs.map((name) => program.inputs[name]!));
  for (const node of program.nodes)
    if (node.inputs.some((value) => late.has(value))) node.outputs.forEach((value) => late.add(value));

  const isLate = (node: Node): boolean => node.outputs.some((value) => late.has(value));
  const outputs = Object.entries(program.outputs);
  const early: Program = {
    inputs: Object.fromEntries(Object.entries(program.inputs).filter(([name]) => !lateInputs.includes(name))),
    nodes: program.nodes.filter((node) => !isLate(node)),
    outputs: Object.fromEntries(outputs.filter(([, value]) => !late.has(value))),
  };
  const { keep, redo } = rematerialise(
    early,
    program.nodes.filter(isLate).flatMap(({ inputs }) => inputs),
  );

  const stash = Object.fromEntries([...keep].map((value, index) => [`stash/${index}`, value]));
  const forward: Program = { ...early, outputs: { ...early.outputs, ...stash } };
  const backward: Program = {
    inputs: { ...program.inputs, ...stash },
    nodes: whenNeeded(program.nodes.filter(isLate), redo),
    outputs: Object.fromEntries(outputs.filter(([, value]) => late.has(value))),
  };
  return {
    forward: verify(removeDeadCode(forward)),
    backward: verify(removeDeadCode(backward)),
    stash: Object.keys(stash),
  };
}

/**
 * Order the nodes to run: `nodes` as they are, and each node of `before` right before the first that needs it. Run any
 * earlier, its result would only occupy memory.
 */
function whenNeeded(nodes: readonly Node[], before: ReadonlySet<Node>): Node[] {
  const definedBy = new Map([...before].flatMap((node) => node.outputs.map((value) => [value, node] as const)));
  const ordered = new Set<Node>();
  const place = (node: Node): void => {
    for (const value of node.inputs) {
      const needed = definedBy.get(value);
      if (needed && !ordered.has(needed)) place(needed);
    }
    ordered.add(node);
  };
  nodes.forEach(place);
  return [...ordered];
}
