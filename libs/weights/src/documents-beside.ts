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

/** What CLIPProcessor reads. Added tokens may be in any of the first four. Source: transformers, tokenization_utils. */
const kept = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'preprocessor_config.json',
  'processor_config.json',
];

/**
 * The documents in the folder of a Hugging Face model that say how captions and images become its input, byte for byte;
 * and `written`, as toHuggingFaceConfig gives it, with the ids of special tokens that the folder's config `theirs` has.
 */
export async function huggingFaceDocuments(
  store: Store,
  theirs: unknown,
  written: Readonly<Record<string, unknown>>,
): Promise<Record<string, object>> {
  const text = { ...(written['text_config'] as object), ...ownTokenIds(theirs) };
  const documents: Record<string, object> = { 'config.json': { ...written, text_config: text } };
  for (const key of kept)
    if ((await store.size(key)) !== undefined) documents[key] = await getAtMost(store, key, tokenizerBytesMax);
  return documents;
}
