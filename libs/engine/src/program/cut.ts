import { cheapPrimitives, quickPrimitives } from './primitive.js';
import { producers, type Node, type Program, type Value } from './program.js';
import { removeDeadCode } from './rewrite/dead-code.js';
import { verify } from './verify.js';

/** A program in two parts: `forward` needs none of the late inputs, `backward` does the rest with what forward kept. */
export interface CutProgram {
  readonly forward: Program;
  readonly backward: Program;
  /** Names under which forward puts out, and backward takes in, the values that cross the cut. */
  readonly stash: readonly string[];
}

/**
 * Cut a program where some inputs arrive late (the embedding gradient): all that does not depend on them goes into
 * `forward`. Outputs that do not depend on them are put out by `forward`, the others by `backward`. Values that are
 * free to make again (reshapes, constants; casts and comparisons of what is there anyway) are made again rather than kept. The two parts
 * do exactly the operations of the whole, so redoing `forward` gives the same bits as keeping its results.
 */
export function cut(program: Program, lateInputs: readonly string[]): CutProgram {
  const late = new Set<Value>(lateInputs.map((name) => program.inputs[name]!));
  for (const node of program.nodes) if (node.inputs.some((value) => late.has(value))) node.outputs.forEach((value) => late.add(value));

  const definedBy = producers(program);
  const again = new Set<Node>();
  const crossing = new Set<Value>();
  const reach = (value: Value): void => {
    const node = definedBy.get(value);
    if (!node || late.has(value)) return;
    if (!cheapPrimitives.has(node.kind)) return void crossing.add(value);
    again.add(node);
    node.inputs.forEach(reach);
  };
  const isLate = (node: Node): boolean => node.outputs.some((value) => late.has(value));
  program.nodes.filter(isLate).forEach((node) => node.inputs.forEach(reach));
  const isThere = (value: Value): boolean => {
    const node = definedBy.get(value);
    return !node || crossing.has(value) || again.has(node) || canDoAgain(node);
  };
  const canDoAgain = (node: Node): boolean => (quickPrimitives.has(node.kind) || cheapPrimitives.has(node.kind)) && node.inputs.every(isThere);
  const doAgain = (node: Node): void => {
    again.add(node);
    for (const value of node.inputs) if (definedBy.has(value) && !crossing.has(value)) doAgain(definedBy.get(value)!);
  };
  for (const value of crossing) {
    const node = definedBy.get(value)!;
    if (canDoAgain(node) && crossing.delete(value)) doAgain(node);
  }

  const stash = Object.fromEntries([...crossing].map((value, index) => [`stash/${index}`, value]));
  const outputs = Object.entries(program.outputs);
  const early = outputs.filter(([, value]) => !late.has(value));
  const forward: Program = {
    inputs: Object.fromEntries(Object.entries(program.inputs).filter(([name]) => !lateInputs.includes(name))),
    nodes: program.nodes.filter((node) => !isLate(node)),
    outputs: { ...Object.fromEntries(early), ...stash },
  };
  const backward: Program = {
    inputs: { ...program.inputs, ...stash },
    nodes: program.nodes.filter((node) => isLate(node) || again.has(node)),
    outputs: Object.fromEntries(outputs.filter(([, value]) => late.has(value))),
  };
  return { forward: verify(removeDeadCode(forward)), backward: verify(removeDeadCode(backward)), stash: Object.keys(stash) };
}
