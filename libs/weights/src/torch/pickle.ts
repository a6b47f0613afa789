import { pickleBytesMax, pickleOpcodesMax } from '#protocol/input/input-limits.js';
import { bytesText, shownName } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { kindOf, type PickleCallable, type PickleDict, type PickleSequence, type PickleValue } from './pickle-value.js';

export interface PickleOptions {
  /** Name of the pickle, for messages. */
  readonly name: string;
  /** Looks up the function or type with this name; undefined if a pickle may not use it. */
  find(global: string): PickleCallable | undefined;
  /**
   * Resolves a persistent id to a value stored outside the pickle. Throws a plain Error that says what is wrong with
   * the id.
   */
  load(id: PickleValue): PickleValue;
  /** What to do if a pickle refers to anything else. */
  readonly help: string;
}

/**
 * Reads a pickle that contains plain data and tensors. A pickle is a program; this interpreter supports only the
 * instructions that build such data. It creates no objects and calls no code other than what `find` returns. Every
 * instruction takes time and memory proportional to its own bytes or to the items it takes off the stack, so the limits
 * in input-limits.ts bound both. Throws DATA_INVALID naming what it refuses and where. Source: Python,
 * Lib/pickletools.py; PyTorch, torch/_weights_only_unpickler.py.
 */
export function readPickle(bytes: Uint8Array, options: PickleOptions): PickleValue {
  const machine: Machine = {
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    at: 0,
    stack: [],
    marks: [],
    memo: new Map(),
    options,
  };
  let opcodeAt = 0;
  try {
    if (bytes.byteLength > pickleBytesMax)
      throw new Error(`it has ${bytesText(bytes.byteLength)}; the limit is ${bytesText(pickleBytesMax)}`);
    for (let done = 0; done < pickleOpcodesMax; done++) {
      opcodeAt = machine.at;
      const opcode = uint(machine, 1);
      if (opcode === stop) return pop(machine);
      const perform = instructions[opcode];
      if (!perform)
        throw new Error(`the instruction 0x${opcode.toString(16).padStart(2, '0')} does not build plain data`);
      perform(machine);
    }
    throw new Error(`it has more than ${pickleOpcodesMax} instructions`);
  } catch (cause) {
    if (cause instanceof TandemError) throw cause;
    throw new TandemError({
      code: ErrorCode.DataInvalid,
      message: `Weights: ${options.name} cannot be read: at byte ${opcodeAt}, ${(cause as Error).message}.`,
      help: options.help,
      cause,
    });
  }
}

interface Machine {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at: number;
  stack: PickleValue[];
  /** Stack heights at the marks. */
  readonly marks: number[];
  readonly memo: Map<number, PickleValue>;
  readonly options: PickleOptions;
}

const stop = 0x2e;
const utf8 = new TextDecoder('utf-8', { fatal: true });

const instructions: Readonly<Record<number, ((machine: Machine) => void) | undefined>> = {
  [0x80]: (m) => protocol(uint(m, 1)),
  [0x95]: (m) => void take(m, 8), // FRAME: only says how the bytes were written.
  0x28: (m) => void m.marks.push(m.stack.length), // MARK
  0x30: (m) => void pop(m), // POP
  0x31: (m) => void popToMark(m), // POP_MARK
  0x32: (m) => m.stack.push(top(m)), // DUP
  // Plain values: NONE, NEWTRUE, NEWFALSE, BININT, BININT1, BININT2, LONG1, LONG4, BINFLOAT.
  0x4e: (m) => m.stack.push(null),
  [0x88]: (m) => m.stack.push(true),
  [0x89]: (m) => m.stack.push(false),
  0x4a: (m) => m.stack.push(view(m, 4).getInt32(0, true)),
  0x4b: (m) => m.stack.push(uint(m, 1)),
  0x4d: (m) => m.stack.push(uint(m, 2)),
  [0x8a]: (m) => m.stack.push(long(m, uint(m, 1))),
  [0x8b]: (m) => m.stack.push(long(m, uint(m, 4))),
  0x47: (m) => m.stack.push(view(m, 8).getFloat64(0, false)),
  // Text and bytes: BINUNICODE, SHORT_BINUNICODE, BINUNICODE8, BINSTRING, SHORT_BINSTRING, BINBYTES, SHORT_BINBYTES,
  // BINBYTES8.
  0x58: (m) => m.stack.push(text(m, uint(m, 4))),
  [0x8c]: (m) => m.stack.push(text(m, uint(m, 1))),
  [0x8d]: (m) => m.stack.push(text(m, uint(m, 8))),
  0x54: (m) => m.stack.push(text(m, uint(m, 4))),
  0x55: (m) => m.stack.push(text(m, uint(m, 1))),
  0x42: (m) => m.stack.push({ kind: 'bytes', bytes: take(m, uint(m, 4)) }),
  0x43: (m) => m.stack.push({ kind: 'bytes', bytes: take(m, uint(m, 1)) }),
  [0x8e]: (m) => m.stack.push({ kind: 'bytes', bytes: take(m, uint(m, 8)) }),
  // EMPTY_TUPLE, TUPLE1, TUPLE2, TUPLE3, TUPLE; EMPTY_LIST, LIST, APPEND, APPENDS; EMPTY_DICT, DICT, SETITEM, SETITEMS.
  0x29: (m) => m.stack.push({ kind: 'tuple', items: [] }),
  [0x85]: (m) => m.stack.push({ kind: 'tuple', items: popSome(m, 1) }),
  [0x86]: (m) => m.stack.push({ kind: 'tuple', items: popSome(m, 2) }),
  [0x87]: (m) => m.stack.push({ kind: 'tuple', items: popSome(m, 3) }),
  0x74: (m) => m.stack.push({ kind: 'tuple', items: popToMark(m) }),
  0x5d: (m) => m.stack.push({ kind: 'list', items: [] }),
  0x6c: (m) => m.stack.push({ kind: 'list', items: popToMark(m) }),
  0x61: (m) => append(m, popSome(m, 1)),
  0x65: (m) => append(m, popToMark(m)),
  0x7d: (m) => m.stack.push({ kind: 'dict', entries: new Map() }),
  0x64: (m) => {
    const items = popToMark(m);
    m.stack.push({ kind: 'dict', entries: new Map() });
    setItems(m, items);
  },
  0x73: (m) => setItems(m, popSome(m, 2)),
  0x75: (m) => setItems(m, popToMark(m)),
  // The memo, for values used again: BINPUT, LONG_BINPUT, MEMOIZE, BINGET, LONG_BINGET.
  0x71: (m) => void m.memo.set(uint(m, 1), top(m)),
  0x72: (m) => void m.memo.set(uint(m, 4), top(m)),
  [0x94]: (m) => void m.memo.set(m.memo.size, top(m)),
  0x68: (m) => m.stack.push(remembered(m, uint(m, 1))),
  0x6a: (m) => m.stack.push(remembered(m, uint(m, 4))),
  // Named functions and types, and values outside the pickle: GLOBAL, STACK_GLOBAL, REDUCE, BUILD, BINPERSID.
  0x63: (m) => m.stack.push(global(m, `${line(m)}.${line(m)}`)),
  [0x93]: (m) =>
    m.stack.push(
      global(
        m,
        popSome(m, 2)
          .map((part) => textOf(part))
          .join('.'),
      ),
    ),
  0x52: (m) => m.stack.push(reduce(popSome(m, 2))),
  0x62: (m) => build(m),
  0x51: (m) => m.stack.push(m.options.load(pop(m))),
};

function protocol(version: number): void {
  if (version > 5) throw new Error(`its protocol is ${version}; the newest supported is 5`);
}

function take(m: Machine, length: number): Uint8Array {
  if (length > m.bytes.byteLength - m.at)
    throw new Error(`${length} bytes were to come, and there are ${m.bytes.byteLength - m.at}`);
  m.at += length;
  return m.bytes.subarray(m.at - length, m.at);
}

function view(m: Machine, length: number): DataView {
  const { buffer, byteOffset } = take(m, length);
  return new DataView(buffer, byteOffset, length);
}

function uint(m: Machine, length: 1 | 2 | 4 | 8): number {
  const value = view(m, length);
  switch (length) {
    case 1:
      return value.getUint8(0);
    case 2:
      return value.getUint16(0, true);
    case 4:
      return value.getUint32(0, true);
    case 8:
      return Number(value.getBigUint64(0, true));
  }
}

/** Reads an integer of `length` bytes: little-endian, two's complement. */
function long(m: Machine, length: number): number | bigint {
  if (length > 8) throw new Error(`a whole number takes ${length} bytes; at most 8 are supported`);
  const value = take(m, length).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const signed = BigInt.asIntN(8 * length, value);
  return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
}

function text(m: Machine, length: number): string {
  return utf8.decode(take(m, length));
}

function line(m: Machine): string {
  const end = m.bytes.indexOf(0x0a, m.at);
  if (end < 0) throw new Error('a name has no end');
  const name = text(m, end - m.at);
  m.at = end + 1;
  return name;
}

function top(m: Machine): PickleValue {
  const value = m.stack.at(-1);
  if (value === undefined || m.stack.length <= (m.marks.at(-1) ?? 0))
    throw new Error('it takes more off its stack than it put there');
  return value;
}

function pop(m: Machine): PickleValue {
  const value = top(m);
  m.stack.pop();
  return value;
}

function popSome(m: Machine, count: number): PickleValue[] {
  return Array.from({ length: count }, () => pop(m)).reverse();
}

function popToMark(m: Machine): PickleValue[] {
  const height = m.marks.pop();
  if (height === undefined) throw new Error('it goes back to a mark that is not there');
  return m.stack.splice(height);
}

function remembered(m: Machine, key: number): PickleValue {
  const value = m.memo.get(key);
  if (value === undefined) throw new Error(`it asks for value ${key}, which it never kept`);
  return value;
}

function append(m: Machine, items: readonly PickleValue[]): void {
  const list = top(m);
  if (!isKind(list, 'list')) throw new Error(`it appends to a ${kindOf(list)}`);
  for (const item of items) (list as PickleSequence).items.push(item);
}

function setItems(m: Machine, items: readonly PickleValue[]): void {
  const dict = top(m);
  if (!isKind(dict, 'dict')) throw new Error(`it sets an item of a ${kindOf(dict)}`);
  if (items.length % 2 !== 0) throw new Error('a key has no value');
  for (let i = 0; i < items.length; i += 2) (dict as PickleDict).entries.set(items[i]!, items[i + 1]!);
}

function global(m: Machine, name: string): PickleCallable {
  const found = m.options.find(name);
  if (!found)
    throw new Error(
      `it names ${JSON.stringify(shownName(name))}, which is neither plain data nor a tensor; nothing of it was run`,
    );
  return found;
}

function reduce([callable, args]: readonly PickleValue[]): PickleValue {
  if (!isKind(callable, 'callable') || !isKind(args, 'tuple'))
    throw new Error(`it calls a ${kindOf(callable)} with a ${kindOf(args)}`);
  return (callable as PickleCallable).call((args as PickleSequence).items);
}

/** BUILD sets attributes of an object. PyTorch's state dicts store their versions this way; we drop them. */
function build(m: Machine): void {
  pop(m);
  const target = top(m);
  if (!isKind(target, 'dict')) throw new Error(`it sets attributes of a ${kindOf(target)}`);
}

function textOf(value: PickleValue): string {
  if (typeof value !== 'string') throw new Error(`a name is a ${kindOf(value)}`);
  return value;
}

function isKind(value: PickleValue | undefined, kind: string): boolean {
  return typeof value === 'object' && value !== null && value.kind === kind;
}
