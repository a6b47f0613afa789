import { clipPreparation, type ImagePreparation } from '#data/image/evaluation-image.js';
import { clipTokenizer, clipVocabulary, type Tokenizer } from '#data/text/tokenizer.js';
import type { Device } from '#engine/device.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { StoreAccess } from '#store/open-store.js';
import { checkpointBlobs } from '#store/run/keys.js';
import { openModelWeights, type ModelWeights } from '#weights/model-weights.js';
import { preprocessingNotes, type Preprocessing } from '#weights/preprocessing.js';
import { openCheckpointAt, readCheckpointAt } from './checkpoint-model.js';
import { openClipModel, type ClipModel } from './clip-model.js';

/** A CLIP of any origin, ready to compute embeddings, with what is known of it. */
export interface OpenedModel {
  readonly model: ClipModel;
  readonly url: string;
  /** Committed steps of a run's checkpoint. */
  readonly step: number | undefined;
  /** Prompt templates of the run's evaluation; undefined for weights of another origin. */
  readonly templates: readonly string[] | undefined;
  /** How the model's own tool prepares images; CLIP's way where nothing says otherwise. */
  readonly preparation: ImagePreparation;
  /** What had to be assumed and chosen, as sentences. */
  readonly notes: readonly string[];
}

export interface OpenModelOptions {
  readonly device: Device;
  readonly batch?: number;
  readonly access?: StoreAccess;
  /** The model, if its weights do not say which one they are of. */
  readonly config?: ClipConfig;
}

/**
 * Opens the model at a path, file: or s3: URL: a run's checkpoint, or weights of open_clip, OpenAI or Hugging Face.
 * Throws NOT_FOUND, DATA_INVALID or STORE_FAILED, and CONFIG_INVALID where there is no tokenizer for its vocabulary.
 */
export async function openModelAt(location: string, options: OpenModelOptions): Promise<OpenedModel> {
  const { access = {}, config } = options;
  const weights = await openModelWeights(location, { access, ...(config && { config }) }).catch((thrown: unknown) =>
    whatIsThere(location, access, thrown),
  );
  try {
    if (weights.url.endsWith(`/${checkpointBlobs.parameters}`)) {
      const { step, url, templates, ...model } = await openCheckpointAt(location, options);
      return { model, url, step, templates, preparation: clipPreparation, notes: [] };
    }
    const parameters: Record<string, Float32Array> = {};
    for (const name of weights.parameters) parameters[name] = await weights.read(name);
    const tokenizer = (await weights.tokenizer()) ?? clipOwn(weights);
    const differing = new Set(preprocessingNotes(weights.preprocessing));
    return {
      model: await openClipModel({ config: weights.config, parameters, tokenizer, ...options }),
      url: weights.url,
      step: undefined,
      templates: undefined,
      preparation: preparationOf(weights.preprocessing, weights.url),
      notes: [
        ...weights.notes.filter((note) => !differing.has(note)),
        ...weights.assumed.map((one) => `assumed: ${one}; --model says otherwise`),
      ],
    };
  } finally {
    await weights.close();
  }
}

/** Where there are no weights: what a checkpoint's reader says of the place, which knows folders of checkpoints. */
async function whatIsThere(location: string, access: StoreAccess, thrown: unknown): Promise<never> {
  if (!(thrown instanceof TandemError && thrown.code === ErrorCode.NotFound)) throw thrown;
  await readCheckpointAt(location, access);
  throw thrown;
}

function clipOwn({ config, url }: ModelWeights): Tokenizer {
  const { vocab_size: tokens } = config.text_cfg;
  if (tokens === clipVocabulary) return clipTokenizer();
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `Weights: expected a tokenizer.json beside ${url}, whose text tower has ${tokens} tokens; found none.`,
    help: 'Put the tokenizer.json that belongs to the weights into their folder, and name the folder.',
  });
}

/** The same in our terms. Throws CONFIG_INVALID for a filter that Tandem does not have: its results would differ. */
function preparationOf(theirs: Preprocessing | undefined, url: string): ImagePreparation {
  if (!theirs) return clipPreparation;
  const { mean, std, interpolation, resize_mode: resizeMode } = theirs;
  const isKnown =
    (interpolation === 'bicubic' || interpolation === 'bilinear') &&
    (resizeMode === 'shortest' || resizeMode === 'squash');
  if (isKnown) return { mean, std, interpolation, resizeMode };
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message:
      `Weights: expected images prepared by bicubic or bilinear, shortest or squash, got ${interpolation} and ` +
      `${resizeMode} for ${url}.`,
    help: 'Change the documents beside the weights if another preparation is meant.',
  });
}
