import type { Precision } from '../../tensor-spec.js';
import { productPrimitives } from '../primitive.js';
import { freshValues, type Program } from '../program.js';
import { verify } from '../verify.js';
import { cancelCasts, inType } from './casts.js';

/**
 * Matrix products in `precision`: each takes its operands rounded to it, and its result is rounded to it once. All else
 * stays float32: sums, means, softmax, norms, activation functions, what is added to a residual, and every input and
 * output. Casts between neighbours that agree are taken out, which changes no bit.
 */
export function lowerPrecision(program: Program, precision: Precision): Program {
  if (precision === 'float32') return program;
  const fresh = freshValues(program);
  const nodes = program.nodes.flatMap((node) => {
    const isProduct = productPrimitives.has(node.kind) && node.inputs.every(({ dtype }) => dtype === 'float32');
    return isProduct ? inType(precision, node, fresh) : [node];
  });
  return verify(cancelCasts(verify({ ...program, nodes })));
}
