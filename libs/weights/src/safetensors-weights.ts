import { sizeOf } from '#engine/tensor-spec.js';
import { shownName } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import {
  dataOffsetOf,
  headerLengthBytes,
  parseHeader,
  type HeaderEntry,
} from '#store/safetensors/safetensors-header.js';
import type { StoredFile } from './stored-file.js';
import { floatBytes, floatType, floatValues } from './tensor-values.js';
import type { WeightsFile } from './weights-file.js';

/** Opens a safetensors file. Throws DATA_INVALID if its header is invalid. */
export async function openSafetensorsWeights(file: StoredFile): Promise<WeightsFile> {
  const headerBytes = dataOffsetOf(await file.read(0, headerLengthBytes), file.bytes);
  const { entries, dataOffset } = parseHeader(await file.read(0, headerBytes), file.bytes);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  return {
    url: file.url,
    shapes: new Map(entries.map(({ name, shape }) => [name, shape])),
    async read(tensor) {
      const entry = byName.get(tensor);
      if (!entry) throw new Error(`internal: ${tensor} was asked for and is not in ${file.url}`);
      const dtype = floatType(entry.dtype, tensor, file.url);
      checkBytes(entry, floatBytes[dtype], file.url);
      return floatValues(dtype, await file.read(dataOffset + entry.start, entry.end - entry.start));
    },
    sha256: () => file.sha256(),
  };
}

function checkBytes({ name, dtype, shape, start, end }: HeaderEntry, valueBytes: number, url: string): void {
  const expected = sizeOf(shape) * valueBytes;
  if (end - start === expected) return;
  throw new TandemError({
    code: ErrorCode.DataInvalid,
    message:
      `Weights: ${shownName(name)} in ${url} is ${dtype}[${shape.join(',')}], ${expected} bytes, but ` +
      `comes with ${end - start}.`,
    help: 'The file was not written as safetensors are: write it again.',
  });
}
