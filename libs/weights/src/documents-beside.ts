import { tokenizerFromHuggingFace } from '#data/text/hugging-face-tokenizer.js';
import { openTokenizer, type Tokenizer } from '#data/text/tokenizer.js';
import { ownTokenIds } from '#model/formats/hugging-face-config.js';
import { tokenizerBytesMax } from '#protocol/input/input-limits.js';
import { parseJson } from '#protocol/input/json-text.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { getAtMost } from '#store/get-at-most.js';
import type { Store } from '#store/store.js';
import { urlOf } from '#store/store-url.js';

/**
 * Reads the tokenizer.json beside weights, in the format of a Tandem checkpoint or of Hugging Face. Throws DATA_INVALID
 * if it is neither.
 */
export async function readTokenizerBeside(store: Store, key: string): Promise<Tokenizer> {
  try {
    const file = parseJson(await getAtMost(store, key, tokenizerBytesMax)) as { readonly format?: unknown } | null;
    return file?.format === undefined ? tokenizerFromHuggingFace(file) : await openTokenizer(file);
  } catch (cause) {
    throw new TandemError({
      code: ErrorCode.DataInvalid,
      message:
        `Weights: ${urlOf(store, key)} is no tokenizer of CLIP's kind: ` +
        `${cause instanceof Error ? cause.message : String(cause)}`,
      help: 'Captions are cut up as the weights learned them: put back the tokenizer.json that was stored with them.',
      cause,
    });
  }
}

/** What AutoTokenizer reads. Added tokens may be in any of the first four. Source: transformers, tokenization_utils. */
const tokenizerKeys = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
];
const processorKeys = ['preprocessor_config.json', 'processor_config.json'];

/** Files by name, byte for byte. */
export type Files = Readonly<Record<string, Uint8Array>>;

/** The files of a Hugging Face tokenizer beside weights. None, where tokenizer.json is that of a Tandem checkpoint. */
export async function tokenizerFilesBeside(store: Store): Promise<Files> {
  const files = await filesOf(store, tokenizerKeys);
  const own = files['tokenizer.json'] && (parsedOf(files['tokenizer.json']) as { readonly format?: unknown } | null);
  return own?.format === undefined ? files : {};
}

function parsedOf(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes);
  } catch {
    return null; // Whoever reads it says so.
  }
}

async function filesOf(store: Store, keys: readonly string[]): Promise<Files> {
  const files: Record<string, Uint8Array> = {};
  for (const key of keys)
    if ((await store.size(key)) !== undefined) files[key] = await getAtMost(store, key, tokenizerBytesMax);
  return files;
}

/**
 * The documents in the folder of a Hugging Face model that say how images become its input, byte for byte; and
 * `written`, as toHuggingFaceConfig gives it, with the ids of special tokens that the folder's config `theirs` has.
 */
export async function huggingFaceDocuments(
  store: Store,
  theirs: unknown,
  written: Readonly<Record<string, unknown>>,
): Promise<Record<string, object>> {
  const text = { ...(written['text_config'] as object), ...ownTokenIds(theirs) };
  return { 'config.json': { ...written, text_config: text }, ...(await filesOf(store, processorKeys)) };
}
