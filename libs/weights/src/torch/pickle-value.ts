/** The values a pickle can contain here: plain data, and tensors whose values are in storages outside the pickle. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | PickleSequence
  | PickleDict
  | PickleCallable
  | PickleStorage
  | PickleTensor;

export interface PickleSequence {
  readonly kind: 'list' | 'tuple';
  readonly items: PickleValue[];
}

export interface PickleDict {
  readonly kind: 'dict';
  readonly entries: Map<PickleValue, PickleValue>;
}

/** One of the few functions and types that a pickle may refer to by name. */
export interface PickleCallable {
  readonly kind: 'callable';
  readonly name: string;
  /** Throws a plain Error that says what is wrong with the arguments. */
  call(args: readonly PickleValue[]): PickleValue;
}

/** A storage of torch: a sequence of values, in a file of its own. */
export interface PickleStorage {
  readonly kind: 'storage';
  readonly key: string;
  readonly dtype: string;
  readonly valueBytes: number;
  /** Number of values. */
  readonly length: number;
}

/** A view of a storage: element (i, j, …) is value offset + i·strides[0] + j·strides[1] + … of it. */
export interface PickleTensor {
  readonly kind: 'tensor';
  readonly storage: PickleStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** The kind of a value, for messages. */
export function kindOf(value: PickleValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'None';
  return typeof value === 'object' ? value.kind : typeof value;
}
