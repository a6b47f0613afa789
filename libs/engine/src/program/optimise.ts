import type { Pausable } from '#threads/turns.js';
import type { Program } from './program.js';
import { mergeCommonSubexpressions } from './rewrite/common-subexpressions.js';
import { removeDeadCode } from './rewrite/dead-code.js';
import { fuseOperations } from './rewrite/fused-operations.js';
import { removeIdentities } from './rewrite/identities.js';
import { foldScales } from './rewrite/matmul-scales.js';
import { shrinkFills } from './rewrite/scalar-fills.js';
import { mergeTransposes } from './rewrite/transposes.js';
import { verify } from './verify.js';

const passes: readonly ((program: Program) => Program)[] = [
  removeDeadCode,
  mergeCommonSubexpressions,
  mergeTransposes,
  removeIdentities,
  shrinkFills,
  fuseOperations,
  removeDeadCode,
  foldScales,
  mergeCommonSubexpressions,
  removeDeadCode,
];

/**
 * Make a program compute the same with less work: run all passes in turn and verify the result of each. There is a
 * pause before each pass.
 */
export function* optimising(program: Program): Pausable<Program> {
  let current = verify(program);
  for (const pass of passes) {
    yield;
    current = verify(pass(current));
  }
  return current;
}
