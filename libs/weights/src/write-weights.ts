import { float16Max, narrowBfloat16, narrowFloat16 } from '#kernel/half-precision.js';
import { exportedScalars, planExport, type ExportedTensor, type WeightFormat } from '#model/formats/export-plan.js';
import { toHuggingFaceConfig } from '#model/formats/hugging-face-config.js';
import { takePart } from '#model/formats/tensor-part.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { openStore, type StoreAccess } from '#store/open-store.js';
import { layoutSafetensors, type SafeType } from '#store/safetensors/safetensors.js';
import type { Pieces, Store } from '#store/store.js';
import { splitUrl, urlOf } from '#store/store-url.js';
import { ownPreprocessing, type Preprocessing } from './preprocessing.js';

export const weightTypes = ['float32', 'float16', 'bfloat16'] as const;
export type WeightType = (typeof weightTypes)[number];

/** The model to write. */
export interface WrittenModel {
  readonly config: ClipConfig;
  /** How its pictures are prepared, for open_clip's config; as Tandem does if left out. */
  readonly preprocessing?: Preprocessing | undefined;
  read(parameter: string): Promise<Float32Array>;
}

export interface WriteWeightsOptions {
  readonly format: WeightFormat;
  readonly dtype: WeightType;
  /** Name of the Hugging Face tokenizer that open_clip's config names; its own if left out. */
  readonly tokenizerName?: string;
  /** Further documents to write into the folder, by file name: JSON, or bytes as they are. */
  readonly documents?: Readonly<Record<string, object>>;
  readonly access?: StoreAccess;
  /** Whether files of the same names are replaced, which they are if this is left out, or refused. */
  readonly replace?: boolean;
}

/**
 * Writes the weights of a model under the names of a format. If `location` ends with .safetensors, it is the file to
 * write; otherwise it is a folder, which also gets the config that the tools of the format read. Only one tensor is in
 * memory at a time. Returns the URLs of what was written. Throws CONFIG_INVALID if the format cannot represent a
 * tensor, DATA_INVALID if a value is too large for the type, and CONFLICT if a file of a name is there and `replace` is
 * false.
 */
export async function writeWeights(
  model: WrittenModel,
  location: string,
  { format, dtype, tokenizerName, documents = {}, access = {}, replace = true }: WriteWeightsOptions,
): Promise<string[]> {
  const { config, read } = model;
  const pieces = weightsBlob(planExport(config, format), exportedScalars(config, format), dtype, read);
  const isFile = location.endsWith('.safetensors');
  const { storeUrl, name } = isFile ? splitUrl(location) : { storeUrl: location, name: folderNames[format].weights };
  const store = openStore(storeUrl, access);
  try {
    const document =
      format === 'huggingface' ? toHuggingFaceConfig(config, dtype) : openClipDocument(model, tokenizerName);
    const all = isFile ? {} : { [folderNames[format].config]: document, ...documents };
    if (!replace) await refuseExisting(store, [name, ...Object.keys(all)]);
    await store.putPieces(name, pieces);
    for (const [key, document] of Object.entries(all)) await store.put(key, bytesOf(document));
    return [name, ...Object.keys(all)].map((key) => urlOf(store, key));
  } finally {
    await store.close();
  }
}

function bytesOf(document: object): Uint8Array {
  if (document instanceof Uint8Array) return document;
  return new TextEncoder().encode(`${JSON.stringify(document, undefined, 2)}\n`);
}

async function refuseExisting(store: Store, keys: readonly string[]): Promise<void> {
  const there: string[] = [];
  for (const key of keys) if ((await store.size(key)) !== undefined) there.push(key);
  if (there.length === 0) return;
  throw new TandemError({
    code: ErrorCode.Conflict,
    message: `Expected no ${there.join(', ')} in ${store.url}, which would be overwritten, found ${
      there.length === 1 ? 'it' : 'them'
    }.`,
    help: 'Name another place, or add --force to replace files of these names.',
  });
}

const openClipNames = { weights: 'open_clip_model.safetensors', config: 'open_clip_config.json' };
/** Source: open_clip, constants.py; transformers, utils. */
const folderNames: Readonly<Record<WeightFormat, { readonly weights: string; readonly config: string }>> = {
  open_clip: openClipNames,
  openai: openClipNames,
  huggingface: { weights: 'model.safetensors', config: 'config.json' },
};

function openClipDocument(
  { config, preprocessing = ownPreprocessing }: WrittenModel,
  tokenizerName: string | undefined,
): Record<string, unknown> {
  const text = { ...config.text_cfg, ...(tokenizerName !== undefined && { hf_tokenizer_name: tokenizerName }) };
  return { model_cfg: { ...config, text_cfg: text }, preprocess_cfg: preprocessing };
}

const safeTypes: Readonly<Record<WeightType, SafeType>> = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' };

function weightsBlob(
  tensors: readonly ExportedTensor[],
  scalars: Readonly<Record<string, number>>,
  dtype: WeightType,
  read: (parameter: string) => Promise<Float32Array>,
): Pieces {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  // The logit scale stays float32: it is the logarithm of a factor, so rounding it would change every probability.
  const typeOf = ({ shape }: ExportedTensor): WeightType => (shape.length === 0 ? 'float32' : dtype);
  const specs = tensors.map(
    (tensor) => [tensor.name, { dtype: safeTypes[typeOf(tensor)], shape: tensor.shape }] as const,
  );
  const scalarSpecs = Object.keys(scalars).map((name) => [name, { dtype: 'I64', shape: [] }] as const);
  // transformers only loads a file into PyTorch if its metadata says `format: pt`.
  const { header, tensors: inOrder } = layoutSafetensors(Object.fromEntries([...specs, ...scalarSpecs]), {
    format: 'pt',
  });
  return async function* () {
    yield header;
    for (const { name } of inOrder) {
      const tensor = byName.get(name);
      if (!tensor) yield new Uint8Array(BigInt64Array.of(BigInt(scalars[name] ?? 0)).buffer);
      else
        yield encodeValues(
          takePart(await read(tensor.parameter.name), tensor.parameter.shape, tensor.place),
          typeOf(tensor),
          name,
        );
    }
  };
}

function encodeValues(values: Float32Array, dtype: WeightType, tensor: string): Uint8Array {
  const { buffer, byteOffset, byteLength } = narrowed(values, dtype, tensor);
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Converts values to a type. Throws DATA_INVALID naming the tensor if a value is too large for it. */
export function narrowed(values: Float32Array, dtype: WeightType, tensor: string): Float32Array | Uint16Array {
  switch (dtype) {
    case 'float32':
      return values;
    case 'bfloat16':
      return narrowBfloat16(values);
    case 'float16': {
      const large = values.find((value) => Number.isFinite(value) && Math.abs(value) > float16Max);
      if (large === undefined) return narrowFloat16(values);
      throw new TandemError({
        code: ErrorCode.DataInvalid,
        message: `Weights: ${tensor} holds ${large}, but float16 holds nothing beyond ±${float16Max}.`,
        help: 'Write them in float32, or with `tandem convert` in bfloat16.',
      });
    }
  }
}
