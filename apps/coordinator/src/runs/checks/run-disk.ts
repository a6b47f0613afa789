import { shardPlan } from '#data/sampling/shard-plan.js';
import { bytesOf } from '#engine/tensor-spec.js';
import { modelTensors } from '#model/parameters/parameters.js';
import { trainableParameters, updatedTensors } from '#model/parameters/trainable-parameters.js';
import { shardsPerTaskMax } from '#protocol/pool/task.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { checkpointInterval } from '../../training/state/checkpoint-interval.js';
import { byteSize } from './byte-size.js';

export type StoredConfig = Pick<
  RunConfig,
  'model' | 'train' | 'batch' | 'shards' | 'shardSize' | 'steps' | 'checkpoint'
>;

/** At least the bytes that a run has in its store at its peak, by what takes them. */
export interface StoreNeed {
  /** Parameters, embeddings with dI and dT, and gradients, each summed over as many shards as may be. */
  readonly stepBytes: number;
  /** The gradients since the checkpoint before the newest. */
  readonly journalBytes: number;
  /** Parameters and moments, of those that are kept and the one that is being written. */
  readonly checkpointBytes: number;
  readonly totalBytes: number;
}

export function storeNeed(config: StoredConfig): StoreNeed {
  const { model, batch, steps, checkpoint } = config;
  const parameterBytes = bytesOfAll(modelTensors(model));
  const gradientBytes = bytesOfAll(updatedTensors(config));
  const momentBytes = 2 * bytesOfAll(trainableParameters(config));
  const embeddingBytes = 2 * batch * model.embed_dim * Float32Array.BYTES_PER_ELEMENT;
  const interval = checkpointInterval(config, gradientBytes);
  const journalSteps = Math.min(steps, (checkpoint.keep === 1 ? 1 : 2) * interval);
  const checkpoints = Math.min(checkpoint.keep + 1, Math.ceil(steps / interval));
  const stepBytes =
    parameterBytes + Math.ceil(shardPlan(config).length / shardsPerTaskMax) * gradientBytes + 2 * embeddingBytes;
  const journalBytes = journalSteps * gradientBytes;
  const checkpointBytes = checkpoints * (parameterBytes + momentBytes);
  return { stepBytes, journalBytes, checkpointBytes, totalBytes: stepBytes + journalBytes + checkpointBytes };
}

/**
 * Throws CONFIG_INVALID, with the figures, if the store has no room for the run. `freeBytes` is undefined where nobody
 * knows, as of S3.
 */
export function checkDisk(config: StoredConfig, url: string, freeBytes: number | undefined): void {
  if (freeBytes === undefined) return;
  const { stepBytes, journalBytes, checkpointBytes, totalBytes } = storeNeed(config);
  if (totalBytes <= freeBytes) return;
  const message =
    `expected room for ${byteSize(totalBytes)} in ${url}, got ${byteSize(freeBytes)}: the run needs ` +
    `${byteSize(stepBytes)} for a step in progress, ${byteSize(journalBytes)} for its journal and ` +
    `${byteSize(checkpointBytes)} for checkpoints`;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `store: ${message}`,
    help:
      'Name a store on a larger disk, remove runs (tandem runs remove), or take a smaller model, a lower ' +
      'checkpoint.everySteps or checkpoint.keep.',
    problems: [{ path: 'store', message }],
  });
}

function bytesOfAll(tensors: readonly { readonly shape: readonly number[] }[]): number {
  return tensors.reduce((bytes, { shape }) => bytes + bytesOf({ shape, dtype: 'float32' }), 0);
}
