import type { Tokenizer } from '#data/text/tokenizer.js';
import { sizeOf } from '#engine/tensor-spec.js';
import { inferConfig } from '#model/formats/infer-config.js';
import { detectNaming, planImport, refuseMisfits, shapeIn, sourceOf } from '#model/formats/import-plan.js';
import { toHuggingFaceConfig } from '#model/formats/hugging-face-config.js';
import { isOfHuggingFace, readModelConfig } from '#model/formats/model-config.js';
import { huggingFaceNaming } from '#model/formats/hugging-face.js';
import type { Naming } from '#model/formats/naming.js';
import { fittedValues } from '#model/parameters/position-embedding.js';
import { putPart, type TensorPart } from '#model/formats/tensor-part.js';
import type { ModelTensor } from '#model/parameters/parameter-spec.js';
import { modelTensors } from '#model/parameters/parameters.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { documentShapeProblem } from '#protocol/input/document-shape.js';
import { documentBytesMax } from '#protocol/input/input-limits.js';
import { parseJson } from '#protocol/input/json-text.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { getAtMost } from '#store/get-at-most.js';
import type { StoreAccess } from '#store/open-store.js';
import { urlOf } from '#store/store-url.js';
import { huggingFaceDocuments, readTokenizerBeside, tokenizerFilesBeside, type Files } from './documents-beside.js';
import { locateWeights, openClipConfigKey, type LocatedWeights } from './locate-weights.js';
import { openWeightsFile } from './open-weights-file.js';
import { preprocessingBeside, preprocessingNotes, type Preprocessing } from './preprocessing.js';
import type { WeightsFile } from './weights-file.js';

/** The weights of a model under our parameter names, whatever names and file format they came in. */
export interface ModelWeights {
  readonly url: string;
  readonly config: ClipConfig;
  /** Whose naming scheme the file uses, for example "Hugging Face's CLIPModel". */
  readonly naming: string;
  /** Properties of the model that neither a config nor the weights determine and that were assumed, as sentences. */
  readonly assumed: readonly string[];
  /** What was chosen in a file that holds more, and what Tandem does otherwise with the model, as sentences. */
  readonly notes: readonly string[];
  /** How the tool that wrote the model prepares its pictures; undefined if nothing beside the weights says so. */
  readonly preprocessing: Preprocessing | undefined;
  /** Names of the parameters that were asked for. */
  readonly parameters: readonly string[];
  /** Reads the values of a parameter, in our layout. */
  read(parameter: string): Promise<Float32Array>;
  /** Reads the tokenizer beside the weights; undefined if there is none. */
  tokenizer(): Promise<Tokenizer | undefined>;
  /** The files of a Hugging Face tokenizer beside the weights, of any kind; empty if there are none. */
  tokenizerFiles(): Promise<Files>;
  /**
   * The documents beside the weights of a Hugging Face model that a copy of it keeps: how it prepares images, and a
   * config.json for weights of `dtype` with its own ids. Undefined for other models.
   */
  documents(dtype: string): Promise<Readonly<Record<string, object>> | undefined>;
  /** sha256 of the weights file, in lower-case hex. */
  sha256(): Promise<string>;
  close(): Promise<void>;
}

export interface OpenWeightsOptions {
  readonly access?: StoreAccess;
  /** The model config, if known. Otherwise it is read from a config beside the weights, or inferred from the shapes. */
  readonly config?: ClipConfig;
  /** Which parameters to load. If left out, all of them, and then the file may contain no other tensors. */
  readonly isWanted?: (parameter: string) => boolean;
  /**
   * Whether position embeddings for another resolution or context length are resized to the model. If not, they are
   * refused.
   */
  readonly isResized?: boolean;
  /** Whether the running mean of the parameters is taken, where the file holds one beside them. */
  readonly isMeanTaken?: boolean;
}

/**
 * Opens the weights at a path, file: or s3: URL and matches them with a model: every tensor of the model must be there
 * with its shape, and no others. Throws NOT_FOUND or DATA_INVALID, naming what does not match.
 */
export async function openModelWeights(
  location: string,
  { access, config: given, isWanted, isResized = false, isMeanTaken = false }: OpenWeightsOptions = {},
): Promise<ModelWeights> {
  const located = await locateWeights(location, access);
  const { store, key } = located;
  try {
    const file = await openWeightsFile(store, key, { isMeanTaken });
    const naming = detectNaming(file.shapes.keys(), file.url);
    const { config, assumed, document } = await configOf(given, located, file, naming);
    const preprocessing = await preprocessingBeside(store, document);
    const specs = new Map(
      modelTensors(config).flatMap((spec) => ((isWanted?.(spec.name) ?? true) ? [[spec.name, spec]] : [])),
    );
    const plan = planImport([...specs.values()], file.shapes, naming);
    const misshapen = plan.misshapen.filter(
      ({ parameter, expected, got }) => !(isResized && isResizable(parameter, expected, got)),
    );
    refuseMisfits(
      { missing: plan.missing, unexpected: isWanted ? [] : plan.unexpected, misshapen },
      file.url,
      'Name the model that these weights are of, or weights of this model.',
    );
    return {
      url: file.url,
      config,
      naming: naming.title,
      assumed,
      notes: [...(file.notes ?? []), ...preprocessingNotes(preprocessing)],
      preprocessing,
      parameters: [...specs.keys()],
      tokenizer: async () =>
        located.tokenizer === undefined ? undefined : readTokenizerBeside(store, located.tokenizer),
      tokenizerFiles: async () => (located.tokenizer?.includes('/') ? {} : tokenizerFilesBeside(store)),
      documents: async (dtype) =>
        isOfHuggingFace(document)
          ? huggingFaceDocuments(store, document, toHuggingFaceConfig(config, dtype))
          : undefined,
      sha256: () => file.sha256(),
      async read(parameter) {
        const spec = specs.get(parameter);
        if (!spec) throw new Error(`internal: ${parameter} was asked for and is no parameter of the model`);
        return assemble(spec, plan.sources.get(parameter) ?? [], file);
      },
      close: () => store.close(),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Assembles a parameter from its parts in the file, and resizes it if the model has another resolution. */
async function assemble(spec: ModelTensor, parts: readonly TensorPart[], file: WeightsFile): Promise<Float32Array> {
  const { shape } = spec;
  const [first] = parts;
  if (first?.place.kind === 'whole')
    return fittedValues(spec, { shape: file.shapes.get(first.name) ?? shape, values: await file.read(first.name) });
  const values = new Float32Array(sizeOf(shape));
  for (const { name, place } of parts) putPart(values, shape, place, await file.read(name));
  return values;
}

function isResizable(parameter: string, expected: readonly number[], got: readonly number[]): boolean {
  return parameter.endsWith('positional_embedding') && got.length === 2 && got[1] === expected[1];
}

interface KnownConfig {
  readonly config: ClipConfig;
  readonly assumed: readonly string[];
  /** The document that the config is from, if it is from one. */
  readonly document?: unknown;
}

async function configOf(
  given: ClipConfig | undefined,
  { store, configs }: Pick<LocatedWeights, 'store' | 'configs'>,
  file: WeightsFile,
  naming: Naming,
): Promise<KnownConfig> {
  if (given) return { config: given, assumed: [] };
  // A folder may hold a model in two formats. The config of each says what the other's may leave to a default.
  const isTheirs = (config: string): boolean => (config === openClipConfigKey) === (naming !== huggingFaceNaming);
  const key = configs.find(isTheirs) ?? configs[0];
  if (key !== undefined) {
    const url = urlOf(store, key);
    const document = documentOf(await getAtMost(store, key, documentBytesMax), url);
    const config = readModelConfig(document, url);
    return { config, assumed: [], document };
  }
  const shapeOf = (parameter: string): readonly number[] | undefined => {
    const parts = sourceOf(parameter, naming, (tensor) => file.shapes.has(tensor));
    return parts && shapeIn(parts, file.shapes);
  };
  return inferConfig(shapeOf, file.shapes.has('input_resolution'));
}

function documentOf(bytes: Uint8Array, url: string): unknown {
  const refused = (what: string): TandemError =>
    new TandemError({
      code: ErrorCode.DataInvalid,
      message: `Weights: ${url} is ${what}.`,
      help: 'Say which model it is with `--model`, or fetch the config again.',
    });
  let document: unknown;
  try {
    document = parseJson(bytes);
  } catch (error) {
    throw refused((error as SyntaxError).message);
  }
  const problem = documentShapeProblem(document);
  if (problem) throw refused(`no model's config: ${problem.path}: ${problem.message}`);
  return document;
}
