import { tokenizerFromHuggingFace } from '#data/text/hugging-face-tokenizer.js';
import { openTokenizer, type Tokenizer } from '#data/text/tokenizer.js';
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
