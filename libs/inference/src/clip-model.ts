import type { Tokenizer } from '#data/text/tokenizer.js';
import type { Device } from '#engine/device.js';
import { sizeOf } from '#engine/tensor-spec.js';
import { modelTensors } from '#model/parameters/parameters.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { contentHash } from '#store/content-hash.js';
import { openEmbeddingTower } from './embedding-tower.js';

/** A trained CLIP, ready to embed. */
export interface ClipModel {
  readonly config: ClipConfig;
  readonly tokenizer: Tokenizer;
  /** Rows a tower embeds at once; other numbers are padded up. */
  readonly batch: number;
  /** sha256 over config and parameters: models of one version give the same embeddings. */
  readonly version: string;
  /** s: what cosine similarities are multiplied by before the softmax; exp of the stored logarithm. */
  readonly logitScale: number;
  /** images [n, H, W, 3], as #data/images.js prepares them for evaluation → [n, d], rows of unit length. */
  embedImages(images: Float32Array): Promise<Float32Array>;
  /** Texts, too long ones cut → [n, d], rows of unit length. A text that comes several times is embedded once. */
  embedTexts(texts: readonly string[]): Promise<Float32Array>;
  /** Frees the towers; the device stays open. */
  close(): Promise<void>;
}

export interface ClipModelOptions {
  readonly config: ClipConfig;
  /** Under open_clip's names, in its layouts. */
  readonly parameters: Readonly<Record<string, Float32Array>>;
  readonly tokenizer: Tokenizer;
  readonly device: Device;
  readonly batch?: number;
}

/**
 * Both towers on a device, each compiled when first used. Throws DATA_INVALID where the parameters are not those of the
 * config, CONFIG_INVALID where the tokenizer has another vocabulary.
 */
export async function openClipModel({
  config,
  parameters,
  tokenizer,
  device,
  batch = 64,
}: ClipModelOptions): Promise<ClipModel> {
  checkParameters(config, parameters);
  checkVocabulary(config, tokenizer);
  const images = openEmbeddingTower({ config, tower: 'image', parameters, device, batch });
  const texts = openEmbeddingTower({ config, tower: 'text', parameters, device, batch });
  const d = config.embed_dim;
  return {
    config,
    tokenizer,
    batch,
    version: await versionOf(config, parameters),
    logitScale: Math.exp(parameters['logit_scale']?.[0] ?? Number.NaN),
    embedImages: (pixels) => images.embed(pixels),
    async embedTexts(all) {
      const distinct = [...new Set(all)];
      const length = config.text_cfg.context_length;
      const tokens = new Int32Array(distinct.length * length);
      distinct.forEach((text, row) => tokens.set(tokenizer.tokens(text, length, 'truncate'), row * length));
      const embedded = await texts.embed(tokens);
      const rowOf = new Map(distinct.map((text, row) => [text, row]));
      const rows = new Float32Array(all.length * d);
      all.forEach((text, index) => {
        const row = rowOf.get(text) ?? 0;
        rows.set(embedded.subarray(row * d, (row + 1) * d), index * d);
      });
      return rows;
    },
    async close() {
      await images.close();
      await texts.close();
    },
  };
}

async function versionOf(config: ClipConfig, parameters: ClipModelOptions['parameters']): Promise<string> {
  const hashes: [string, string][] = [];
  for (const { name } of modelTensors(config)) {
    const { buffer, byteOffset, byteLength } = parameters[name] ?? new Float32Array();
    hashes.push([name, await contentHash(new Uint8Array(buffer, byteOffset, byteLength))]);
  }
  return contentHash(new TextEncoder().encode(JSON.stringify({ config, parameters: hashes })));
}

function checkParameters(config: ClipConfig, parameters: ClipModelOptions['parameters']): void {
  const problems = modelTensors(config).flatMap(({ name, shape }) => {
    const got = parameters[name];
    if (!got) return [`${name} is missing`];
    return got.length === sizeOf(shape) ? [] : [`${name}: expected ${sizeOf(shape)} values, got ${got.length}`];
  });
  if (problems.length === 0) return;
  throw new TandemError({
    code: ErrorCode.DataInvalid,
    message:
      `The parameters are not those of the model's config: ` +
      `${problems.slice(0, 8).join('; ')}${problems.length > 8 ? `; and ${problems.length - 8} more` : ''}.`,
    help: 'Use the parameters together with the config.json they were stored with.',
  });
}

/** Throws CONFIG_INVALID where the tokenizer has another vocabulary than the text tower. */
export function checkVocabulary({ text_cfg: text }: ClipConfig, tokenizer: Tokenizer): void {
  if (tokenizer.vocabulary === text.vocab_size) return;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message:
      `Expected a tokenizer of text_cfg.vocab_size = ${text.vocab_size} tokens, got one of ` +
      `${tokenizer.vocabulary}.`,
    help: 'Use the tokenizer.json that was stored with the parameters.',
  });
}
