import type { Specs, TensorFunction } from '../device.js';
import { extentOf, type NamedExtents } from '../program/named-extents.js';
import type { Program } from '../program/program.js';
import { trace } from './trace.js';

/** A function and the specs of its inputs, for given extents. */
export interface ExtentFunction {
  readonly fn: TensorFunction;
  readonly inputs: Specs;
}

/**
 * Trace a function for extents that stay open. It may multiply them by whole numbers and by each other. If it does
 * anything else with them, its program holds for one size only, and this throws an internal error. To find out, it is
 * traced for two choices of primes: both programs must be the same once names replace the primes.
 */
export function traceNamed<Name extends string>(
  names: readonly Name[],
  at: (extents: Readonly<Record<Name, number>>) => ExtentFunction,
): { readonly program: Program; readonly extents: NamedExtents } {
  const ones = at(
    named(
      names,
      names.map(() => 1),
    ),
  );
  const fixed = Object.values(ones.inputs).flatMap(({ shape }) => shape);
  const free = primes.filter((prime) => fixed.every((extent) => extent % prime !== 0));
  const [extents, others] = [named(names, free), named(names, free.slice(names.length))];
  const [program, other] = [extents, others].map(at).map(({ fn, inputs }) => trace(fn, inputs)) as [Program, Program];
  const [described, expected] = [describe(program, extents), describe(other, others)];
  const line = described.findIndex((text, index) => text !== expected[index]);
  if (line >= 0 || described.length !== expected.length) {
    throw new Error(
      `internal: a program for any ${names.join(' and ')} came out as ${described[line] ?? 'nothing'} ` +
        `and as ${expected[line] ?? 'nothing'}`,
    );
  }
  return { program, extents };
}

// No model has such extents or multiples of them. The primes are small enough that three of them times a model's widths
// is still an exact number.
const primes = [5003, 5009, 5011, 5021, 5023, 5039, 5051, 5059, 5077, 5081, 5087, 5099, 5101, 5107, 5113, 5119];

function named<Name extends string>(names: readonly Name[], values: readonly number[]): Record<Name, number> {
  return Object.fromEntries(names.map((name, index) => [name, values[index]!])) as Record<Name, number>;
}

/** Describe each input, node and output in a line, with names in place of primes. */
function describe(program: Program, extents: NamedExtents): string[] {
  const readable = (key: string, part: unknown): unknown => {
    if (typeof part !== 'number' || key === 'id' || !Number.isInteger(part)) return part;
    const { factor, names } = extentOf(part, extents);
    return names.length === 0 ? part : [factor, ...names].join('·');
  };
  const parts = [...Object.entries(program.inputs), ...program.nodes, ...Object.entries(program.outputs)];
  return parts.map((part) => JSON.stringify(part, readable));
}
