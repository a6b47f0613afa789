import openWabt from 'wabt';

/**
 * An instruction in WebAssembly's text format. Costly loops that are for neither ONNX Runtime nor sharp are written so:
 * two or four values at a time, they take less than half of the time they take in JavaScript, and give the same bits on
 * every processor.
 */
export type Code = string;

export function code(name: string, ...operands: readonly (Code | number)[]): Code {
  return `(${[name, ...operands].join(' ')})`;
}

/** An instruction as a function of its operands. */
export function operation(name: string): (...operands: Code[]) => Code {
  return (...operands) => code(name, ...operands);
}

/** Read a local. */
export function get(local: string): Code {
  return code('local.get', `$${local}`);
}

export function set(local: string, value: Code): Code {
  return code('local.set', `$${local}`, value);
}

/** Move a pointer on. */
export function advance(pointer: string, bytes: Code | number): Code {
  return set(pointer, code('i32.add', get(pointer), typeof bytes === 'number' ? code('i32.const', bytes) : bytes));
}

/** Do `body` again while the pointer is below its end; once at least. */
export function loopUntil(pointer: string, end: string, body: readonly Code[]): Code {
  const label = `$${pointer}-${end}`;
  return code('loop', label, ...body, code('br_if', label, code('i32.lt_u', get(pointer), get(end))));
}

export function locals(type: 'i32' | 'v128', names: readonly string[]): Code {
  return names.map((name) => code('local', `$${name}`, type)).join(' ');
}

export function parameters(type: 'i32' | 'f64', names: readonly string[]): Code {
  return names.map((name) => code('param', `$${name}`, type)).join(' ');
}

export const pageBytes = 65_536;

export interface KernelMemory {
  /** Another one after it grew. */
  readonly buffer: ArrayBuffer;
  /** Throws RangeError where there is no more. */
  grow(pages: number): number;
}

/** The part of the global that is used: the types of Node 20 do not have it. */
declare const WebAssembly: {
  instantiate(binary: Uint8Array): Promise<{ readonly instance: { readonly exports: object } }>;
};

const { parseWat } = await openWabt();

/**
 * Assemble a module that imports nothing, and give what it exports: functions of numbers, and its memory as `memory`.
 */
export async function startKernel<Exports>(module: readonly Code[]): Promise<Exports> {
  const { instance } = await WebAssembly.instantiate(parseWat('kernel', code('module', ...module)).toBinary({}).buffer);
  return instance.exports as Exports;
}
