import { sizeOf } from '#engine/tensor-spec.js';
import { expandedValuesMax, pickleBytesMax } from '#protocol/input/input-limits.js';
import { bytesText, shownName, shownNames } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { kindOf, type PickleDict, type PickleTensor, type PickleValue } from './pickle-value.js';
import { readPickle } from './pickle.js';
import type { StoredFile } from '../stored-file.js';
import { floatType, floatValues, type FloatType } from '../tensor-values.js';
import { findTorchGlobal, loadTorchStorage } from './torch-globals.js';
import type { WeightsFile } from '../weights-file.js';
import { openZipArchive, type ZipArchive, type ZipEntry } from './zip-archive.js';

/**
 * Opens a file of torch.save, which is a zip archive of a pickle and one file per storage: every dict in it that holds
 * tensors, such as the state dict and its running mean in a training checkpoint, those with most tensors first. Nothing
 * in the file is executed. Throws DATA_INVALID if there is no dict of tensors, if the pickle refers to anything but
 * tensors, or if a tensor extends beyond its storage. Source: PyTorch, torch/serialization.py and torch/_utils.py.
 */
export async function openTorchWeights(file: StoredFile): Promise<WeightsFile[]> {
  const archive = await openZipArchive(file);
  const prefix = prefixOf(archive, file);
  await checkByteOrder(archive, prefix, file);
  const pickle = archive.entries.get(`${prefix}data.pkl`) as ZipEntry;
  if (pickle.bytes > pickleBytesMax)
    throw unusable(file, `its data.pkl has ${bytesText(pickle.bytes)}; the limit is ${bytesText(pickleBytesMax)}`);
  const root = readPickle(await archive.read(pickle, 0, pickle.bytes), {
    name: file.url,
    find: findTorchGlobal,
    load: loadTorchStorage,
    help: `${pickleCure}.`,
  });
  const dicts = tensorDicts(root);
  if (dicts.length === 0) throw unusable(file, `expected a dict of tensors, got ${describeValue(root)}`);
  return dicts.map(({ place, tensors }) => {
    for (const [name, tensor] of tensors)
      checkTensor(name, tensor, archive.entries.get(entryName(prefix, tensor)), file);
    return {
      url: file.url,
      place,
      shapes: new Map([...tensors].map(([name, { shape }]) => [name, shape])),
      async read(name) {
        const tensor = tensors.get(name);
        const entry = tensor && archive.entries.get(entryName(prefix, tensor));
        if (!tensor || !entry) throw new Error(`internal: ${name} was asked for and is not in ${file.url}`);
        return valuesOf(tensor, floatType(tensor.storage.dtype, name, file.url), (offset, length) =>
          archive.read(entry, offset, length),
        );
      },
      sha256: () => file.sha256(),
    };
  });
}

async function valuesOf(
  tensor: PickleTensor,
  dtype: FloatType,
  read: (offset: number, length: number) => Promise<Uint8Array>,
): Promise<Float32Array> {
  const { valueBytes } = tensor.storage;
  if (sizeOf(tensor.shape) === 0) return new Float32Array(0);
  const span = await floatValues(dtype, await read(tensor.offset * valueBytes, spanOf(tensor) * valueBytes));
  return isContiguous(tensor) ? span : toRowMajor(tensor, span);
}

/**
 * Keeps the tensors of a module, of a dict, and of modules and dicts in a dict. Only Python can, because it needs the
 * code of the objects that are pickled with them.
 */
const pickleCure =
  'Store its tensors alone, if you trust who made the file, where the code that it needs can be imported: ' +
  `python -c "import torch; f = lambda v: v.state_dict() if hasattr(v, 'state_dict') else ` +
  '{k: f(w) for k, w in v.items() if isinstance(w, (dict, torch.Tensor, torch.nn.Module))} ' +
  `if isinstance(v, dict) else v; torch.save(f(torch.load('IN', map_location='cpu', weights_only=False)), 'OUT')"`;

function entryName(prefix: string, { storage }: PickleTensor): string {
  return `${prefix}data/${storage.key}`;
}

/** The folder in the archive that contains everything. It is named after the file it was first saved as. */
function prefixOf(archive: ZipArchive, file: StoredFile): string {
  const names = [...archive.entries.keys()];
  const isScript = names.some((name) => /^[^/]+\/(constants\.pkl|code\/)/.test(name));
  if (isScript) {
    const help =
      `Store its state dict: python -c "import torch; torch.save(torch.jit.load('IN', ` +
      `map_location='cpu').state_dict(), 'OUT')"`;
    throw unusable(file, "it is a TorchScript program, as OpenAI's own files are, not a state dict", help);
  }
  const [pickle, ...others] = names.filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickle !== undefined && others.length === 0) return pickle.slice(0, -'data.pkl'.length);
  throw unusable(
    file,
    `expected one data.pkl in it, as torch.save writes, got ${pickle === undefined ? 'none' : others.length + 1}`,
  );
}

async function checkByteOrder(archive: ZipArchive, prefix: string, file: StoredFile): Promise<void> {
  const entry = archive.entries.get(`${prefix}byteorder`);
  if (!entry) return;
  const order = Buffer.from(await archive.read(entry, 0, Math.min(entry.bytes, 8))).toString('latin1');
  if (order !== 'little')
    throw unusable(
      file,
      `its numbers are ${order === 'big' ? 'big-endian' : 'in a byte order that it does not name'}; ` +
        'only little-endian is supported',
    );
}

interface TensorDict {
  /** Its keys from the top level on, with dots between. */
  readonly place: string;
  readonly tensors: ReadonlyMap<string, PickleTensor>;
}

/** How deep in one another dicts are looked through. Lightning, DeepSpeed and trainers of one's own need three. */
const depthMax = 5;

/** Every dict in the value that holds tensors, those with most tensors first. */
function tensorDicts(root: PickleValue): TensorDict[] {
  const found: TensorDict[] = [];
  const seen = new Set<PickleValue>();
  const visit = (value: PickleValue, path: readonly string[]): void => {
    if (typeof value !== 'object' || value?.kind !== 'dict' || path.length > depthMax || seen.has(value)) return;
    seen.add(value);
    const tensors = tensorsOf(value);
    if (tensors.size > 0) found.push({ place: path.join('.'), tensors });
    for (const [key, item] of value.entries) if (typeof key === 'string') visit(item, [...path, key]);
  };
  visit(root, []);
  return found.sort((one, other) => other.tensors.size - one.tensors.size);
}

/** The items of a dict that are tensors. */
function tensorsOf({ entries }: PickleDict): Map<string, PickleTensor> {
  return new Map(
    [...entries].flatMap(([name, item]) =>
      typeof name === 'string' && typeof item === 'object' && item?.kind === 'tensor' ? [[name, item] as const] : [],
    ),
  );
}

function describeValue(value: PickleValue): string {
  if (typeof value !== 'object' || value?.kind !== 'dict') return `a ${kindOf(value)}`;
  const keys = [...value.entries.keys()].map((key) => (typeof key === 'string' ? key : kindOf(key)));
  return `a dict of ${value.entries.size}: ${shownNames(keys)}`;
}

/**
 * Checks that the tensor lies within its storage and the storage within the archive, so that memory is never allocated
 * for values that do not exist.
 */
function checkTensor(name: string, tensor: PickleTensor, entry: ZipEntry | undefined, file: StoredFile): void {
  const { storage, shape, offset } = tensor;
  const shown = shownName(name);
  if (!entry) throw unusable(file, `the values of ${shown} are not in it: there is no data/${shownName(storage.key)}`);
  if (storage.length * storage.valueBytes > entry.bytes)
    throw unusable(
      file,
      `the values of ${shown} are cut short: data/${shownName(storage.key)} has ${entry.bytes} bytes ` +
        `of ${storage.length * storage.valueBytes}`,
    );
  const size = sizeOf(shape);
  if (size > 0 && offset + spanOf(tensor) > storage.length)
    throw unusable(
      file,
      `${shown}, [${shape.join(', ')}] from value ${offset} on, goes beyond its storage of ${storage.length}`,
    );
  if (size > Math.max(storage.length, expandedValuesMax))
    throw unusable(
      file,
      `${shown}, [${shape.join(', ')}], repeats the ${storage.length} values of its storage to ${size}; the limit is ` +
        `${expandedValuesMax}`,
    );
}

/** How many values of the storage lie between the first and the last of the tensor, both included. */
function spanOf({ shape, strides }: PickleTensor): number {
  return 1 + shape.reduce((span, extent, axis) => span + (extent - 1) * (strides[axis] ?? 0), 0);
}

function isContiguous({ shape, strides }: PickleTensor): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis] ?? 1;
  }
  return true;
}

/** Copies the values of a strided tensor into row-major order. */
function toRowMajor({ shape, strides }: PickleTensor, span: Float32Array): Float32Array {
  // Copied as integers, because reading a NaN as a number may change its bits.
  const from = new Uint32Array(span.buffer, span.byteOffset, span.length);
  const to = new Uint32Array(sizeOf(shape));
  const index = shape.map(() => 0);
  let at = 0;
  for (let i = 0; i < to.length; i++) {
    to[i] = from[at]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const [extent, stride] = [shape[axis]!, strides[axis]!];
      at += stride;
      index[axis] = index[axis]! + 1;
      if (index[axis]! < extent) break;
      at -= stride * extent;
      index[axis] = 0;
    }
  }
  return new Float32Array(to.buffer);
}

function unusable(
  file: StoredFile,
  what: string,
  help = 'Store a state dict with torch.save(model.state_dict(), FILE).',
): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Weights: ${file.url} cannot be used: ${what}.`,
    help,
  });
}
