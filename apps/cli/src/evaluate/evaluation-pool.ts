import { isDeepStrictEqual } from 'node:util';
import type { Dataset } from '#data/dataset/dataset.js';
import { clipPreparation } from '#data/image/evaluation-image.js';
import { hasSameTokens } from '#data/text/tokenizer-document.js';
import { clipTokenizer, clipVocabulary, type Tokenizer } from '#data/text/tokenizer.js';
import type { ApiClient } from '#cluster/api-client.js';
import { cachedImages } from '#evaluate/features/dataset-features.js';
import type { ImageEncoder } from '#evaluate/features/image-encoder.js';
import type { OpenedModel } from '#inference/open-model.js';
import { locationFrom } from '#protocol/run/document-places.js';
import type { RunConfigInput } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { whole } from '#report/figures.js';
import type { Store } from '#store/store.js';
import type { CommandContext } from '../command-context.js';
import { connect } from '../command-options.js';
import { followRun, runFailure } from '../run/follow-run.js';
import { startOwnCluster, type OwnCluster } from '../own-cluster.js';
import type { ModelOptions } from './model-options.js';

/** Workers that compute the features of images and keep them in the store of the session. */
export interface EvaluationPool {
  /** Has what the store lacks of a data set's features computed. */
  extract(dataset: Dataset, url: string): Promise<void>;
  close(): Promise<void>;
}

export interface EvaluationPoolOptions extends Pick<ModelOptions, 'workers' | 'url' | 'apiKey' | 'device'> {
  readonly weights: string;
  readonly clip: OpenedModel;
  readonly encoder: ImageEncoder;
  readonly store: Store;
  readonly context: CommandContext;
  readonly signal: AbortSignal;
}

/**
 * The pool that the options ask for: that of a coordinator, or workers of this command's own, which start when they are
 * needed. Undefined where they ask for none. Throws CONFIG_INVALID for a model whose images are not prepared as CLIP's.
 */
export function evaluationPool(options: EvaluationPoolOptions): EvaluationPool | undefined {
  const { workers, url, apiKey, encoder, store, context, device } = options;
  if (workers === undefined && url === undefined) return undefined;
  requireClipPreparation(options.clip, encoder);
  let own: OwnCluster | undefined;
  return {
    async extract(dataset, data) {
      const isDone = async (): Promise<boolean> => (await cachedImages(store, encoder.hash, dataset)) === dataset.pairs;
      if (await isDone()) return;
      if (url === undefined)
        own ??= await startOwnCluster(workers!, context, device === undefined ? {} : { TANDEM_DEVICE: device });
      const api = own?.cluster.api ?? connect({ url: url!, ...(apiKey !== undefined && { apiKey }) }, context);
      await computeOn(api, { ...options, failure: own?.cluster.failure, dataset, data });
      if (!(await isDone())) throw elsewhere(api.url, store.url, dataset);
    },
    async close() {
      await own?.stop();
    },
  };
}

interface Computation extends EvaluationPoolOptions {
  readonly dataset: Dataset;
  readonly data: string;
  readonly failure: Promise<never> | undefined;
}

/** Submits a run of no steps that keeps the features, follows it, and removes it. */
async function computeOn(api: ApiClient, options: Computation): Promise<void> {
  const { context, encoder, dataset, store, signal, failure } = options;
  const { id } = await api.submit(featuresRun(options));
  const quiet = { ...context.terminal, say: () => undefined, update: () => undefined };
  const shown = setInterval(() => {
    void cachedImages(store, encoder.hash, dataset).then(
      (done) =>
        context.terminal.update(`features of ${dataset.name}: ${whole(done)} of ${whole(dataset.pairs)} images`),
      () => undefined, // The run says what is wrong with the store.
    );
  }, 1000);
  try {
    const { status } = await followRun({ api, id, terminal: quiet, signal, ...(failure && { failure }) });
    const problem = runFailure(status, { resume: context.command('evaluate'), command: context.command });
    if (problem) throw problem;
  } finally {
    clearInterval(shown);
    await api.remove(id).catch(() => undefined); // Of a coordinator that is gone, only a document stays.
  }
}

function featuresRun({ clip, weights, store, data }: Computation): RunConfigInput {
  const place = (location: string): string => locationFrom(process.cwd(), location);
  return {
    name: 'evaluate',
    store: store.url,
    model: clip.model.config,
    init: place(weights),
    tokenizer: tokenizerOf(clip.model.tokenizer),
    data: { train: place(data) },
    ...{ batch: 2, shards: 1, steps: 0 },
    train: { only: ['logit_scale'] }, // So that the workers keep no gradients of the towers.
    evaluation: { features: [place(data)] },
  };
}

function tokenizerOf({ document, vocabulary }: Tokenizer): NonNullable<RunConfigInput['tokenizer']> {
  const isClips = vocabulary === clipVocabulary && hasSameTokens(document, clipTokenizer().document);
  return isClips ? { kind: 'clip' } : { kind: 'bpe', vocabulary };
}

function requireClipPreparation({ preparation }: OpenedModel, { name }: ImageEncoder): void {
  if (isDeepStrictEqual({ ...preparation }, { ...clipPreparation })) return;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `Evaluation: expected a model whose images are prepared as CLIP's, got ${name}.`,
    help: 'Leave --workers and --url out: this process prepares images as the model asks, a pool as CLIP does.',
  });
}

function elsewhere(coordinator: string, store: string, { name }: Dataset): TandemError {
  return new TandemError({
    code: ErrorCode.StoreFailed,
    message:
      `Evaluation: expected the features of ${name} in ${store}, where the coordinator at ${coordinator} kept them; ` +
      'found them incomplete.',
    help: 'Give a --store that this machine and the coordinator share, such as an s3: URL.',
  });
}
