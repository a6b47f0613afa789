import type { CutProgram } from './cut.js';
import { freshValues, type Node, type Value } from './program.js';
import { verify } from './verify.js';

/**
 * Let bfloat16 values cross a cut as float32, because JavaScript can neither pass nor receive bfloat16 tensors. The
 * casts are exact: widening loses nothing, and narrowing gives back the values that were widened.
 */
export function widenStash({ forward, backward, stash }: CutProgram): CutProgram {
  const fresh = freshValues(forward);
  const freshLater = freshValues(backward);
  const outputs = { ...forward.outputs };
  const inputs = { ...backward.inputs };
  const [widening, narrowing]: [Node[], Node[]] = [[], []];
  for (const name of stash.filter((each) => outputs[each]!.dtype === 'bfloat16')) {
    const [narrow, crossing] = [outputs[name]!, inputs[name]!];
    outputs[name] = fresh({ shape: narrow.shape, dtype: 'float32' });
    inputs[name] = freshLater({ shape: crossing.shape, dtype: 'float32' });
    widening.push(cast(narrow, outputs[name]));
    narrowing.push(cast(inputs[name], crossing));
  }
  return {
    forward: verify({ ...forward, nodes: [...forward.nodes, ...widening], outputs }),
    backward: verify({ ...backward, nodes: [...narrowing, ...backward.nodes], inputs }),
    stash,
  };
}

function cast(from: Value, to: Value): Node {
  return { kind: 'cast', inputs: [from], outputs: [to], attributes: { to: to.dtype }, scope: 'stash' };
}
