import { z } from 'zod';
import { knownNaming } from '#model/formats/import-plan.js';
import { safetensorsTensorsMax, weightsFilesMax, weightsIndexBytesMax } from '#protocol/input/input-limits.js';
import { parseJson } from '#protocol/input/json-text.js';
import { problemText } from '#protocol/input/schema-problems.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { getAtMost } from '#store/get-at-most.js';
import type { Store } from '#store/store.js';
import { urlOf } from '#store/store-url.js';
import { fileKind, fileKindBytes } from './file-kind.js';
import { openSafetensorsWeights } from './safetensors-weights.js';
import { openStoredFile, type StoredFile } from './stored-file.js';
import { selectModel } from './select-model.js';
import { openTorchWeights } from './torch/torch-weights.js';
import { joinWeightsFiles, type WeightsFile } from './weights-file.js';

/**
 * Opens the model in a weights file, or in all files of an index: its running mean if `isMeanTaken`. The format is
 * recognised by the first bytes. Throws DATA_INVALID if it is none that we read.
 */
export async function openWeightsFile(
  store: Store,
  key: string,
  { isMeanTaken = false }: { readonly isMeanTaken?: boolean } = {},
): Promise<WeightsFile> {
  const selected = { isModel: (name: string) => knownNaming([name]) !== undefined, isMeanTaken };
  if (!key.endsWith('.index.json')) return selectModel(await openOne(await openStoredFile(store, key)), selected);
  const files: WeightsFile[] = [];
  let tensors = 0;
  // One after another: the tables of many files in memory at once could exceed the limit for a single one.
  for (const name of await listedFiles(store, key)) {
    const [file] = await openOne(await openStoredFile(store, name));
    tensors += file!.shapes.size;
    if (tensors > safetensorsTensorsMax)
      throw invalidIndex(store, key, `its files have more than ${safetensorsTensorsMax} tensors together`);
    files.push(file!);
  }
  return selectModel([joinWeightsFiles(urlOf(store, key), files)], selected);
}

/** The dicts of tensors in a file, at least one. */
async function openOne(file: StoredFile): Promise<WeightsFile[]> {
  const start = await file.read(0, Math.min(file.bytes, fileKindBytes));
  if (start[8] === '{'.charCodeAt(0)) return [await openSafetensorsWeights(file)];
  if (start[0] === 'P'.charCodeAt(0) && start[1] === 'K'.charCodeAt(0)) return openTorchWeights(file);
  const isPickle = start[0] === 0x80 && (start[1] ?? 9) <= 5;
  const what = isPickle ? 'a pickle, as PyTorch wrote before 1.6' : fileKind(start);
  throw new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Weights: expected a safetensors file or one of torch.save at ${file.url}, got ${what}.`,
    help: isPickle
      ? `Store it again: python -c "import torch; torch.save(torch.load('IN', map_location='cpu', ` +
        `weights_only=True), 'OUT')"`
      : 'Name a file of weights: model.safetensors, pytorch_model.bin, a checkpoint of open_clip.',
  });
}

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/** The files that an index names, each once. They are in the same folder. */
async function listedFiles(store: Store, key: string): Promise<string[]> {
  try {
    const { weight_map: fileOf } = indexSchema.parse(parseJson(await getAtMost(store, key, weightsIndexBytesMax)));
    const files = [...new Set(Object.values(fileOf))];
    if (files.some((name) => name.includes('/'))) throw new Error('it names files in other folders');
    if (files.length > weightsFilesMax)
      throw new Error(`it names ${files.length} files; the limit is ${weightsFilesMax}`);
    return files;
  } catch (cause) {
    if (cause instanceof TandemError) throw cause;
    throw invalidIndex(store, key, problemText(cause), cause);
  }
}

function invalidIndex(store: Store, key: string, what: string, cause?: unknown): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Weights: ${urlOf(store, key)} is not an index of weights files (${what}).`,
    help: 'Fetch it again: it is the model.safetensors.index.json beside the files.',
    cause,
  });
}
