import { kindOf, type PickleCallable, type PickleStorage, type PickleValue } from './pickle-value.js';

/** The functions and types that a pickle of torch.save may use: those for dicts, tensors and the types of storages. */
export function findTorchGlobal(name: string): PickleCallable | undefined {
  return globals.get(name);
}

/**
 * Resolves the persistent id of a storage: ('storage', type, key, device, length). Source: PyTorch,
 * torch/serialization.py.
 */
export function loadTorchStorage(id: PickleValue): PickleStorage {
  const [word, type, key, , length] = tupleItems(id);
  if (word !== 'storage' || typeof key !== 'string') throw new Error('a persistent id does not name a storage');
  const stored = typeof type === 'object' && type?.kind === 'callable' ? storageTypes[type.name] : undefined;
  if (!stored)
    throw new Error(
      `a storage is of type ${typeof type === 'object' && type?.kind === 'callable' ? type.name : kindOf(type)}`,
    );
  return { kind: 'storage', key, dtype: stored.dtype, valueBytes: stored.bytes, length: count(length) };
}

const storageTypes: Readonly<Record<string, { readonly dtype: string; readonly bytes: number } | undefined>> = {
  'torch.FloatStorage': { dtype: 'F32', bytes: 4 },
  'torch.HalfStorage': { dtype: 'F16', bytes: 2 },
  'torch.BFloat16Storage': { dtype: 'BF16', bytes: 2 },
  'torch.DoubleStorage': { dtype: 'F64', bytes: 8 },
  'torch.LongStorage': { dtype: 'I64', bytes: 8 },
  'torch.IntStorage': { dtype: 'I32', bytes: 4 },
  'torch.ShortStorage': { dtype: 'I16', bytes: 2 },
  'torch.CharStorage': { dtype: 'I8', bytes: 1 },
  'torch.ByteStorage': { dtype: 'U8', bytes: 1 },
  'torch.BoolStorage': { dtype: 'BOOL', bytes: 1 },
};

const dimensionsMax = 16;

const functions: Readonly<Record<string, PickleCallable['call']>> = {
  'collections.OrderedDict'(args) {
    // Its items are set by later instructions.
    if (args.length > 0) throw new Error('an OrderedDict is made of something');
    return { kind: 'dict', entries: new Map() };
  },
  'torch._utils._rebuild_tensor_v2'([storage, offset, shape, strides]) {
    if (typeof storage !== 'object' || storage?.kind !== 'storage')
      throw new Error(`a tensor lies in a ${kindOf(storage)}`);
    const [extents, steps] = [tupleItems(shape), tupleItems(strides)];
    if (extents.length !== steps.length || extents.length > dimensionsMax)
      throw new Error(`a tensor has ${extents.length} dimensions and ${steps.length} strides`);
    return { kind: 'tensor', storage, offset: count(offset), shape: extents.map(count), strides: steps.map(count) };
  },
  'torch._utils._rebuild_parameter'([tensor]) {
    if (typeof tensor !== 'object' || tensor?.kind !== 'tensor') throw new Error(`a parameter is a ${kindOf(tensor)}`);
    return tensor;
  },
};

const globals: ReadonlyMap<string, PickleCallable> = new Map([
  ...Object.entries(functions).map(([name, call]) => [name, { kind: 'callable', name, call } as const] as const),
  ...Object.keys(storageTypes).map(
    (name) => [name, { kind: 'callable', name, call: () => refuseCall(name) } as const] as const,
  ),
]);

function refuseCall(name: string): never {
  throw new Error(`it calls ${name}`);
}

function tupleItems(value: PickleValue | undefined): readonly PickleValue[] {
  if (typeof value === 'object' && value?.kind === 'tuple') return value.items;
  throw new Error(`expected a tuple, got a ${kindOf(value)}`);
}

/** Checks that a value is a non-negative integer. */
function count(value: PickleValue | undefined): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(
    'expected a whole number from 0 on, got ' +
      `${typeof value === 'number' || typeof value === 'bigint' ? value : kindOf(value)}`,
  );
}
