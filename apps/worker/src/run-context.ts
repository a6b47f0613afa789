import type { Device } from '#engine/device.js';
import { bytesOf } from '#engine/tensor-spec.js';
import { openTrainingDataset } from '#data/dataset/training-dataset.js';
import { evaluationImage } from '#data/image/evaluation-image.js';
import { readTokenizer } from '#data/text/tokenizer.js';
import { modelTensors } from '#model/parameters/parameters.js';
import { sentAsBfloat16, updatedTensors } from '#model/parameters/trainable-parameters.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { featureShardImages, type ModelTask } from '#protocol/pool/task.js';
import { runKeys } from '#store/run/keys.js';
import { tokenizerBytesMax } from '#protocol/input/input-limits.js';
import { parseJson } from '#protocol/input/json-text.js';
import type { BlobCache } from '#store/blob-cache.js';
import { getAtMost } from '#store/get-at-most.js';
import { openStore, type StoreAccess } from '#store/open-store.js';
import type { Store } from '#store/store.js';
import { openTensorStream } from '#store/safetensors/tensor-stream.js';
import { checkedBytes, readChecked } from './checked-blob.js';
import { openNodeSums, type NodeSums } from '#encoder/node-sum.js';
import type { ImageEncoder } from '#evaluate/features/image-encoder.js';
import { openImageFeatures } from '#encoder/image-features.js';
import { openEvaluationData, type EvaluationData } from './evaluation-data.js';
import { openEncoders, type Encoders } from '#encoder/encoders.js';
import { openShardLoader, type ShardLoader } from '#encoder/shard-loader.js';
import { loadShard } from '#encoder/shard-samples.js';
import type { StashNeeds } from '#encoder/stash-budget.js';
import { openStashCache, type StashCache } from '#encoder/stash-cache.js';

/** Everything that a worker holds for the run it works on. */
export interface RunContext {
  /** The worker's id, by which its results are named. */
  readonly worker: string;
  readonly run: string;
  readonly configHash: string;
  readonly config: RunConfig;
  readonly store: Store;
  readonly encoders: Encoders;
  readonly samples: ShardLoader;
  readonly stashes: StashCache;
  /**
   * Sums of gradients over shards. Their blobs have the gradient of every trainable parameter, zeros for the loss's
   * own, and the sums of what batch norms saw.
   */
  readonly sums: NodeSums;
  /** What features in evaluation are computed with. */
  readonly evaluation: {
    readonly encoder: Pick<ImageEncoder, 'batch' | 'prepare' | 'embed'>;
    readonly open: EvaluationData['open'];
  };
  /**
   * Loads the task's parameters into the encoders, unless they are there already (invariant W1). Throws STORE_FAILED if
   * the blob does not have the hash that the task names.
   */
  useParameters(task: ModelTask): Promise<void>;
  close(): Promise<void>;
}

export interface RunContextOptions {
  readonly worker: string;
  readonly device: Device;
  readonly storeAccess: StoreAccess;
  /** Where data sets of other machines are kept; nowhere if this is left out. */
  readonly dataCache?: BlobCache | undefined;
  /** How many bytes the stashes of a run may take. */
  readonly stashBytesFor: (needs: StashNeeds) => number;
}

/** Opens the run of a task. If it rejects, nothing that it opened is left on the device. */
export async function openRunContext(task: ModelTask, options: RunContextOptions): Promise<RunContext> {
  const opened: { close(): Promise<void> }[] = [];
  const held = <T extends { close(): Promise<void> }>(part: T): T => {
    opened.push(part);
    return part;
  };
  const close = async (): Promise<void> => {
    for (let last = opened.pop(); last; last = opened.pop()) await last.close();
  };
  try {
    return await openParts(task, { ...options, held, close });
  } catch (error) {
    await close().catch(() => undefined); // The first error is the one to report.
    throw error;
  }
}

interface PartsOptions extends RunContextOptions {
  /** Notes a part for `close`, which closes the newest first. */
  readonly held: <T extends { close(): Promise<void> }>(part: T) => T;
  readonly close: () => Promise<void>;
}

async function openParts(
  task: ModelTask,
  { worker, device, storeAccess, dataCache, stashBytesFor, held, close }: PartsOptions,
): Promise<RunContext> {
  const store = held(openStore(task.store, storeAccess));
  const keys = runKeys(task.run);
  const document = await checkedBytes({ store, key: keys.document, hash: task.configHash, what: 'the run document' });
  const config = parseJson(document) as RunConfig;
  const tokenizer = await readTokenizer(await getAtMost(store, keys.tokenizer, tokenizerBytesMax));
  const encoders = held(await openEncoders(device, config));
  const features = held(await openImageFeatures(device, config.model, encoders.image, featureShardImages));
  const evaluationData = held(openEvaluationData(storeAccess));
  const dataset = held(await openTrainingDataset(config, (place) => openStore(place, storeAccess), dataCache));
  const specs = modelTensors(config.model);
  const parameterBytes = specs.reduce((bytes, { shape }) => bytes + bytesOf({ shape, dtype: 'float32' }), 0);
  const updated = updatedTensors(config);
  const sums = openNodeSums({
    specs: updated,
    stream: openTensorStream(updated),
    read: (name, into) => encoders.readGradient(name, into),
    isNarrow: sentAsBfloat16(config),
  });
  const stashes = openStashCache((needs) => stashBytesFor({ ...needs, parameterBytes, sumBytes: sums.leftBytes }));
  const tensors = openTensorStream(specs);
  let current = '';
  return {
    worker,
    run: task.run,
    configHash: task.configHash,
    config,
    store,
    samples: openShardLoader((shard) => loadShard({ config, dataset, tokenizer }, shard)),
    encoders,
    stashes,
    sums,
    evaluation: {
      encoder: {
        batch: featureShardImages,
        prepare: (image) => evaluationImage(image, config.model.vision_cfg.image_size),
        embed: (pixels) => features.embed(pixels),
      },
      open: (given) => evaluationData.open(given),
    },
    async useParameters({ parametersKey: key, parametersHash: hash }) {
      if (hash === current) return;
      current = '';
      // A stash is valid only for the parameters that it was computed with.
      await stashes.clear();
      await readChecked({ store, key, hash, what: 'the parameters' }, (pieces) =>
        tensors.read(pieces, async (name, values) => {
          await encoders.setParameter(name, values);
          await features.setParameter(name, values);
        }),
      );
      current = hash;
    },
    async close() {
      await stashes.clear();
      await close();
    },
  };
}
