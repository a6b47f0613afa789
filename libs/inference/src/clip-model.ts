import type { Tokenizer } from '#data/text/tokenizer.js';
import type { Device } from '#engine/device.js';
import { sizeOf } from '#engine/tensor-spec.js';
import { modelTensors } from '#model/parameters/parameters.js';
import { shownList } from '#protocol/input/shown.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { endTokenId } from '#protocol/run/text-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { contentHash } from '#store/content-hash.js';
import { inTurns, type Pausable } from '#threads/turns.js';
import { openEmbeddingTower } from './embedding-tower.js';

/** A trained CLIP, ready to compute embeddings. */
export interface ClipModel {
  readonly config: ClipConfig;
  readonly tokenizer: Tokenizer;
  /** Rows a tower embeds at once; a smaller number of rows is padded with zeros. */
  readonly batch: number;
  /** sha256 of config and parameters. Models of the same version give the same embeddings. */
  readonly version: string;
  /** s, the factor on cosine similarities before the softmax: exp of the parameter logit_scale. */
  readonly logitScale: number;
  /** images [n, H, W, 3], preprocessed by evaluationImage → embeddings [n, d], rows of unit length. */
  embedImages(images: Float32Array): Promise<Float32Array>;
  /** The same with the features that probes are trained on: what the image tower gives before its projection. */
  imageFeatures(images: Float32Array): Promise<EmbeddedImages>;
  /** n texts, truncated to the context length → [n, d], rows of unit length. Equal texts are embedded once. */
  embedTexts(texts: readonly string[]): Promise<Float32Array>;
  /** Frees the towers; the device stays open. */
  close(): Promise<void>;
}

export interface EmbeddedImages {
  /** [n, w], of any length. */
  readonly features: Float32Array;
  /** [n, d], rows of unit length. */
  readonly embeddings: Float32Array;
}

export interface ClipModelOptions {
  readonly config: ClipConfig;
  /** Parameters under open_clip's names, in its layouts. */
  readonly parameters: Readonly<Record<string, Float32Array>>;
  readonly tokenizer: Tokenizer;
  readonly device: Device;
  readonly batch?: number;
}

/**
 * Open both towers on a device; each is compiled when it is first used. Throws DATA_INVALID where the parameters do not
 * match the config, CONFIG_INVALID where the size of the tokenizer's vocabulary does not.
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
  const featured = openEmbeddingTower({ config, tower: 'image', parameters, device, batch, withFeatures: true });
  const texts = openEmbeddingTower({ config, tower: 'text', parameters, device, batch });
  const d = config.embed_dim;
  return {
    config,
    tokenizer,
    batch,
    version: await versionOf(config, parameters),
    logitScale: Math.exp(parameters['logit_scale']?.[0] ?? Number.NaN),
    embedImages: async (pixels) => outputNamed('embedding', await images.embed(pixels)),
    async imageFeatures(pixels) {
      const outputs = await featured.embed(pixels);
      return { features: outputNamed('features', outputs), embeddings: outputNamed('embedding', outputs) };
    },
    async embedTexts(all) {
      const distinct = [...new Set(all)];
      const tokens = await inTurns(tokensOf(distinct, tokenizer, config.text_cfg.context_length));
      const embedded = outputNamed('embedding', await texts.embed(tokens));
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
      await featured.close();
      await texts.close();
    },
  };
}

function outputNamed(name: string, outputs: Readonly<Record<string, Float32Array>>): Float32Array {
  const values = outputs[name];
  if (values) return values;
  throw new RangeError(`tower: expected an output '${name}', got ${Object.keys(outputs).join(', ')}`);
}

/** [n, L]. A classifier of a thousand classes has ten thousands of texts. */
function* tokensOf(texts: readonly string[], tokenizer: Tokenizer, length: number): Pausable<Int32Array> {
  const tokens = new Int32Array(texts.length * length);
  for (const [row, text] of texts.entries()) {
    tokens.set(tokenizer.tokens(text, length, 'truncate'), row * length);
    if (row % textsBetweenPauses === 0) yield;
  }
  return tokens;
}

/** Takes about a millisecond. */
const textsBetweenPauses = 64;

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
    message: `The parameters are not those of the model's config: ${shownList(problems, '; ')}.`,
    help: 'Use the parameters together with the config.json they were stored with.',
  });
}

/**
 * Throws CONFIG_INVALID unless the tokenizer's vocabulary is as large as that of the text tower, and its end token the
 * one at which the tower reads.
 */
export function checkVocabulary({ text_cfg: text }: ClipConfig, tokenizer: Tokenizer): void {
  const end = endTokenId(text);
  if (tokenizer.vocabulary === text.vocab_size && tokenizer.end === end) return;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message:
      `Expected a tokenizer of text_cfg.vocab_size = ${text.vocab_size} tokens whose end token is ${end}, got one of ` +
      `${tokenizer.vocabulary} whose end token is ${tokenizer.end}.`,
    help: 'Use the tokenizer.json that was stored with the parameters.',
  });
}
