import type { Primitive } from '../program/primitive.js';
import type { NodeOf } from '../program/program.js';
import type { GraphBuilder } from './graph-builder.js';

export interface LoweringInput<P extends Primitive> {
  readonly graph: GraphBuilder;
  readonly node: NodeOf<P>;
  /** ONNX names of the node's inputs. */
  readonly operands: readonly string[];
}

/** Adds the ONNX operators of one node and returns the names of its results. */
export type Lowering<P extends Primitive> = (input: LoweringInput<P>) => string | readonly string[];
