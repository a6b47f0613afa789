import { z } from 'zod';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Store } from '#store/store.js';
import { urlOf } from '#store/store-url.js';
import { openSafetensorsWeights } from './safetensors-weights.js';
import { openStoredFile, type StoredFile } from './stored-file.js';
import { openTorchWeights } from './torch-weights.js';
import { joined, withoutWrappers, type WeightsFile } from './weights-file.js';

/** Open a file of weights, or the list of several; what it is, its first bytes say. Throws DATA_INVALID where it is none we read. */
export async function openWeightsFile(store: Store, key: string): Promise<WeightsFile> {
  if (!key.endsWith('.index.json')) return withoutWrappers(await openOne(await openStoredFile(store, key)));
  const files = await Promise.all((await listedFiles(store, key)).map(async (name) => openOne(await openStoredFile(store, name))));
  return withoutWrappers(joined(urlOf(store, key), files));
}

async function openOne(file: StoredFile): Promise<WeightsFile> {
  const start = await file.read(0, Math.min(file.bytes, startBytes));
  if (start[8] === '{'.charCodeAt(0)) return openSafetensorsWeights(file);
  if (printable(start).startsWith('"PK')) return openTorchWeights(file);
  const isPickle = start[0] === 0x80 && (start[1] ?? 9) <= 5;
  const what = isPickle ? 'a pickle, as PyTorch wrote before 1.6' : `something that starts with ${printable(start)}`;
  throw new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Weights: expected a safetensors file or one of torch.save at ${file.url}, got ${what}.`,
    help: isPickle
      ? `Store it again: python -c "import torch; torch.save(torch.load('IN', map_location='cpu', weights_only=True), 'OUT')"`
      : 'Name a file of weights: model.safetensors, pytorch_model.bin, a checkpoint of open_clip.',
  });
}

const startBytes = 16;

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/** The files beside the list, each once. */
async function listedFiles(store: Store, key: string): Promise<string[]> {
  try {
    const { weight_map: fileOf } = indexSchema.parse(JSON.parse(new TextDecoder().decode(await store.get(key))));
    const files = [...new Set(Object.values(fileOf))];
    if (files.every((name) => !name.includes('/'))) return files;
    throw new Error('it names files in other folders');
  } catch (cause) {
    if (cause instanceof TandemError) throw cause;
    throw new TandemError({ code: ErrorCode.DataInvalid, message: `Weights: ${urlOf(store, key)} is no list of files (${(cause as Error).message}).`, cause });
  }
}

function printable(bytes: Uint8Array): string {
  return JSON.stringify(Buffer.from(bytes).toString('latin1'));
}
