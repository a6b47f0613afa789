import type { Pausable } from '#threads/turns.js';
import type { Specs, TensorFunction } from '../device.js';
import { cut, type CutProgram } from '../program/cut.js';
import type { Program } from '../program/program.js';
import { lowerPrecision } from '../program/rewrite/precision.js';
import { widenStash } from '../program/wide-stash.js';
import type { Precision, TensorSpec } from '../tensor-spec.js';
import { tracing } from '../trace/trace.js';

/** Converts a program to the form that an engine runs; also returns the names of the inputs that this form takes. */
export type Prepare<Code> = (program: Program) => { readonly code: Code; readonly inputs: readonly string[] };

/** A program in the form that the engine runs, with the specs of its inputs and outputs. */
export interface PreparedProgram<Code> {
  readonly code: Code;
  readonly used: readonly string[];
  readonly inputs: Specs;
  readonly outputs: Specs;
}

interface TracedFunction {
  readonly fn: TensorFunction;
  readonly inputs: Specs;
  readonly precision: Precision;
}

function* lowering({ fn, inputs, precision }: TracedFunction): Pausable<Program> {
  const program = yield* tracing(fn, inputs);
  yield;
  return lowerPrecision(program, precision);
}

/** Trace, rewrite and lower a function, with pauses: for a large tower this takes half a second. */
export function* preparing<Code>(prepare: Prepare<Code>, traced: TracedFunction): Pausable<PreparedProgram<Code>> {
  const program = yield* lowering(traced);
  yield;
  return prepared(prepare, program);
}

export interface PreparedParts<Code> extends Readonly<Record<'forward' | 'backward', PreparedProgram<Code>>> {
  readonly stash: CutProgram['stash'];
}

/** Like `preparing`, for a function that is cut where the late inputs come in. */
export function* preparingStaged<Code>(
  prepare: Prepare<Code>,
  traced: TracedFunction,
  lateInputs: readonly string[],
): Pausable<PreparedParts<Code>> {
  const program = yield* lowering(traced);
  yield;
  const parts = widenStash(cut(program, lateInputs));
  yield;
  const forward = prepared(prepare, parts.forward);
  yield;
  return { forward, backward: prepared(prepare, parts.backward), stash: parts.stash };
}

export function prepared<Code>(prepare: Prepare<Code>, program: Program): PreparedProgram<Code> {
  const { code, inputs: used } = prepare(program);
  return { code, used, inputs: specsOf(program.inputs), outputs: specsOf(program.outputs) };
}

function specsOf(values: Readonly<Record<string, TensorSpec>>): Specs {
  return Object.fromEntries(Object.entries(values).map(([name, { shape, dtype }]) => [name, { shape, dtype }]));
}
