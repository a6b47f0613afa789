import type { Precision } from '../../tensor-spec.js';
import { matmulsAndConvolutions } from '../primitive.js';
import { freshValues, type Program } from '../program.js';
import { verify } from '../verify.js';
import { cancelCasts, inType } from './casts.js';

/**
 * Make a program run its matmuls and convolutions in `precision`. Their operands are rounded to it, and each result is
 * rounded to it once. Everything else stays float32: sums, means, softmax, norms, activation functions, residual
 * additions, and all inputs and outputs. Casts that cancel out are removed, which changes no bit.
 */
export function lowerPrecision(program: Program, precision: Precision): Program {
  if (precision === 'float32') return program;
  const fresh = freshValues(program);
  const nodes = program.nodes.flatMap((node) => {
    const isNarrowed = matmulsAndConvolutions.has(node.kind) && node.inputs.every(({ dtype }) => dtype === 'float32');
    return isNarrowed ? inType(precision, node, fresh) : [node];
  });
  return verify(cancelCasts(verify({ ...program, nodes })));
}
