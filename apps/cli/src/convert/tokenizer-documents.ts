import { basename } from 'node:path';
import { huggingFaceTokenizer, tokenizerFromHuggingFace } from '#data/text/hugging-face-tokenizer.js';
import { clipMerges } from '#data/text/clip-merges.js';
import { mergesOfText, slowTokenizerFiles } from '#data/text/slow-tokenizer.js';
import { hasSameTokens } from '#data/text/tokenizer-document.js';
import { clipTokenizer, clipVocabulary, type Tokenizer } from '#data/text/tokenizer.js';
import { tokenizerConfig } from '#inference/export/transformers-config.js';
import type { WeightFormat } from '#model/formats/export-plan.js';
import { parseJson } from '#protocol/input/json-text.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { ModelWeights } from '#weights/model-weights.js';

/** The tokenizer that goes with converted weights. */
export interface TokenizerDocuments {
  /** Its files, by name. */
  readonly documents: Readonly<Record<string, object>>;
  /** What open_clip's config calls it; undefined if open_clip has it itself. */
  readonly name?: string;
  /** What its reader does otherwise than Tandem, as sentences. */
  readonly warnings: readonly string[];
}

/**
 * The tokenizer to write into the folder `to` in a format: the files beside the weights as they are, or those of the
 * run's own tokenizer. open_clip has CLIP's own tokenizer, so that needs no files there. A single file of weights gets
 * none. Throws DATA_INVALID if a checkpoint's tokenizer has another vocabulary than its text tower.
 */
export async function tokenizerDocuments(
  weights: ModelWeights,
  format: WeightFormat,
  to: string,
): Promise<TokenizerDocuments> {
  const { config } = weights;
  const found = await filesOf(weights);
  const isForOpenClip = format !== 'huggingface';
  if (!isForOpenClip)
    return { documents: found ?? (isClipSize(config) ? written(clipTokenizer(), config) : {}), warnings: [] };
  if (found ? isClipOwn(found) : isClipSize(config)) return { documents: {}, warnings: [] };
  const isFile = to.endsWith('.safetensors');
  if (!found || isFile) {
    const where = isFile ? 'a single file has no place for one' : 'none is beside the weights';
    return { documents: {}, warnings: [`${ownTokenizer(config)}, and no tokenizer is written: ${where}`] };
  }
  return { documents: found, name: basename(to) || 'tokenizer', warnings: readsPadding(config) ? [padding] : [] };
}

function ownTokenizer({ text_cfg: { vocab_size: tokens } }: ClipConfig): string {
  return `open_clip takes its own tokenizer of ${clipVocabulary} tokens, this model has ${tokens} of another`;
}

const padding =
  'open_clip fills captions up with the end token, Tandem with zeros, and this model reads what fills them up: its ' +
  'results will differ';

/** Whether tokens after the end token change what a text tower gives. */
function readsPadding({ text_cfg: { no_causal_mask: seesAll = false, pool_type: pool } }: ClipConfig): boolean {
  return seesAll || pool === 'last';
}

function isClipSize({ text_cfg: text }: ClipConfig): boolean {
  return text.vocab_size === clipVocabulary;
}

/** The files of the tokenizer that belongs to the weights; undefined if none is known. */
async function filesOf(weights: ModelWeights): Promise<Record<string, object> | undefined> {
  const files = await weights.tokenizerFiles();
  if (Object.keys(files).length > 0) return { ...slowTokenizerFiles(jsonOf(files['tokenizer.json'])), ...files };
  const own = await weights.tokenizer();
  if (!own) return undefined;
  if (own.vocabulary !== weights.config.text_cfg.vocab_size) throw otherVocabulary(own.vocabulary, weights.config);
  return written(own, weights.config);
}

function written(tokenizer: Tokenizer, config: ClipConfig): Record<string, object> {
  const file = huggingFaceTokenizer(tokenizer);
  return { 'tokenizer.json': file, 'tokenizer_config.json': tokenizerConfig(config), ...slowTokenizerFiles(file) };
}

/** Are these the files of CLIP's own tokenizer, with nothing added? */
function isClipOwn(files: Readonly<Record<string, object>>): boolean {
  const file = files['tokenizer.json'];
  if (file) {
    try {
      const { document } = tokenizerFromHuggingFace(file instanceof Uint8Array ? jsonOf(file) : file);
      return hasSameTokens(document, { vocabulary: clipVocabulary, merges: clipMerges() });
    } catch {
      return false; // Of another kind, or with added tokens.
    }
  }
  const merges = files['merges.txt'];
  if (!(merges instanceof Uint8Array) || files['added_tokens.json']) return false;
  const vocabulary = clipVocabulary;
  return hasSameTokens({ vocabulary, merges: mergesOfText(merges) }, { vocabulary, merges: clipMerges() });
}

function jsonOf(bytes: Uint8Array | undefined): unknown {
  try {
    return bytes && parseJson(bytes);
  } catch {
    return undefined;
  }
}

/** The ids of start and end would be wrong in what is written, and every caption would be read at the same place. */
function otherVocabulary(tokens: number, { text_cfg: text }: ClipConfig): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Weights: expected a tokenizer of ${text.vocab_size} tokens, as the text tower has, got one of ${tokens}.`,
    help: 'Put back the tokenizer.json that was stored with the weights.',
  });
}
