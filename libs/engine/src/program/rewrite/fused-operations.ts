import { producers, users, type Node, type NodeOf, type Program, type Value } from '../program.js';
import type { Primitive } from '../primitive.js';
import { uniformValue } from '../uniform-value.js';
import { replaceValues } from './replace.js';

/**
 * Fuse GELU and layer norm, which are traced as several operations, into one operation each. This is possible only
 * where nothing else uses their parts, hence not in programs with gradients. It takes one pass over memory instead of
 * three or seven. Programs that only encode take 0.86 of their time for a ViT of width 256 and 0.96 for ViT-B/32, on
 * one thread.
 */
export function fuseOperations(program: Program): Program {
  const definedBy = producers(program);
  const usersOf = users(program);
  const results = new Set(Object.values(program.outputs));
  const isPart = (value: Value, uses = 1): boolean => !results.has(value) && usersOf.get(value)?.length === uses;

  /** The node that makes a value, if it has this kind and if exactly `uses` nodes, and no output, use the value. */
  const part = <P extends Primitive>(kind: P, value: Value | undefined, uses = 1): NodeOf<P> | undefined => {
    const node = value && definedBy.get(value);
    return node?.kind === kind && isPart(value!, uses) ? (node as unknown as NodeOf<P>) : undefined;
  };
  /** Both operands of an addition or a multiplication, if one is a scalar constant. */
  const besideNumber = (node: Node | undefined): { readonly value: Value; readonly number: number } | undefined => {
    const [a, b] = node?.inputs ?? [];
    const [left, right] = [a, b].map((value) =>
      value && value.shape.length === 0 ? uniformValue(definedBy.get(value)) : undefined,
    );
    return right !== undefined
      ? { value: a!, number: right }
      : left !== undefined
        ? { value: b!, number: left }
        : undefined;
  };

  return replaceValues(program, (node, emit) => {
    const x = geluOf(node);
    if (x) return [emit('gelu', [x], {})];
    const norm = layerNormOf(node);
    return norm ? [emit('layerNorm', norm.operands, { epsilon: norm.epsilon })] : 'keep';
  });

  /** The x of u·(1 + erf(u))·√½ with u = x·√½, if the node ends this pattern. */
  function geluOf(node: Node): Value | undefined {
    const scaled = node.kind === 'mul' ? besideNumber(node) : undefined;
    const product = part('mul', scaled?.value);
    const [u, sum] = product?.inputs ?? [];
    const shifted = besideNumber(part('add', sum));
    const inner = besideNumber(part('mul', u, 2));
    const erf = part('erf', shifted?.value);
    const isGelu =
      erf?.inputs[0] === u &&
      [scaled?.number, inner?.number].every((factor) => factor === rootHalf) &&
      shifted?.number === 1;
    return isGelu ? inner!.value : undefined;
  }

  /**
   * The operands x, gain and bias and the ε of c/√(mean(c²) + ε)·gain + bias with c = x − mean(x), if the node ends
   * this pattern. Means are over the last axis.
   */
  function layerNormOf(node: Node): { readonly operands: readonly Value[]; readonly epsilon: number } | undefined {
    if (node.kind !== 'add') return undefined;
    const [scaled, bias] = node.inputs;
    const [normalised, gain] = part('mul', scaled)?.inputs ?? [];
    const [centred, inverse] = part('mul', normalised)?.inputs ?? [];
    const shifted = besideNumber(part('add', part('sqrt', part('reciprocal', inverse)?.inputs[0])?.inputs[0]));
    const square = part('mul', rowMeanOf(shifted?.value));
    const difference = part('sub', centred, 2);
    const x = difference?.inputs[0];
    const isNorm = square?.inputs.every((value) => value === centred) && x && rowMeanOf(difference.inputs[1]) === x;
    const areRows = [gain, bias].every((row) => row?.shape.length === 1 && row.shape[0] === x?.shape.at(-1));
    return isNorm && areRows ? { operands: [x, gain!, bias!], epsilon: shifted!.number } : undefined;
  }

  /** The operand of the mean that makes a value, if that mean is over the last axis and keeps it as an axis of 1. */
  function rowMeanOf(value: Value | undefined): Value | undefined {
    const mean = part('mean', value);
    const x = mean?.inputs[0];
    return mean?.attributes.keepDims && mean.attributes.axes.join() === String(x!.shape.length - 1) ? x : undefined;
  }
}

const rootHalf = Math.fround(Math.SQRT1_2);
