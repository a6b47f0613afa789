import { clipFactor } from '#model/optimizer/gradient-norm.js';
import { learningRate } from '#model/optimizer/learning-rate.js';
import { modelTensors } from '#model/parameters/parameters.js';
import { updatedTensors, trainableParameters } from '#model/parameters/trainable-parameters.js';
import type { AdamWHyper } from '#model/optimizer/adam-w.js';
import type { RunConfig } from '#protocol/run-config.js';
import type { StepMetrics } from '#protocol/run-status.js';
import { latestCheckpoint, pruneCheckpoints, readCheckpoint, writeCheckpoint } from '#store/run/checkpoint.js';
import { pruneJournal, readJournal } from '#store/run/journal.js';
import { checkpointBlobs, runKeys } from '#store/run/keys.js';
import type { StoreAccess } from '#store/open-store.js';
import { float32Values } from '#store/safetensors/safetensors.js';
import { sharedBlob } from '#store/safetensors/shared-blob.js';
import type { Store } from '#store/store.js';
import type { Optimizer } from '../optimizer/optimizer.js';
import { startingParameters } from '../prepare/initial-weights.js';
import { lossParametersOf, trainingState, type TrainingState } from './training-state.js';

/** What a checkpoint holds besides the state. */
export interface CheckpointExtras {
  readonly config: RunConfig;
  readonly tokenizer: unknown;
  readonly metrics: readonly StepMetrics[];
}

/** Write the whole state; complete or absent (invariant C2). Older checkpoints beyond `checkpoint.keep` go, and the journal before them. */
export async function saveCheckpoint(store: Store, run: string, state: TrainingState, { config, tokenizer, metrics }: CheckpointExtras): Promise<string> {
  const text = new TextEncoder();
  const folder = await writeCheckpoint(store, runKeys(run).checkpoints, state.step, {
    [checkpointBlobs.parameters]: state.parameters,
    [checkpointBlobs.optimizer]: state.moments,
    [checkpointBlobs.tokenizer]: text.encode(JSON.stringify(tokenizer)),
    [checkpointBlobs.config]: text.encode(JSON.stringify(config)),
    [checkpointBlobs.metrics]: text.encode(metrics.map((step) => `${JSON.stringify(step)}\n`).join('')),
  });
  await pruneCheckpoints(store, runKeys(run).checkpoints, config.checkpoint.keep);
  await pruneJournal(store, run, state.step);
  return folder;
}

export interface RestoreOptions {
  readonly store: Store;
  readonly run: string;
  readonly config: RunConfig;
  readonly arithmetic: Optimizer;
  /** To where the initial weights are. */
  readonly storeAccess: StoreAccess;
}

/**
 * The state after the last committed step, bit for bit: the newest checkpoint, or the initial parameters where there is
 * none, and on it the updates of the journal since (invariant J1).
 */
export async function restoreState({ store, run, config, arithmetic, storeAccess }: RestoreOptions): Promise<{ state: TrainingState; metrics: StepMetrics[] }> {
  const start = await checkpointedState(store, run, config, storeAccess);
  let { state } = start;
  const inSharedMemory = sharedBlob(updatedTensors(config)).bytes;
  for await (const { bytes } of readJournal(store, run, state.step)) {
    inSharedMemory.set(bytes);
    state = await updated(state, { bytes: inSharedMemory, norm: await arithmetic.norm(inSharedMemory) }, config, arithmetic);
  }
  return { state, metrics: start.metrics };
}

/** The gradient of all trained parameters, summed over the shards, and what running statistics saw, a mean over the batch. */
export interface SummedGradient {
  /** Safetensors, one float32 tensor for each of changedTensors, in shared memory. */
  readonly bytes: Uint8Array;
  /** Square root of the sum of all parameters' squares. */
  readonly norm: number;
}

/** θ, τ ← adamW(θ, gradient; τ, dτ; lr(step)), the gradient's norm clipped: the one place where the state advances. */
export async function updated(state: TrainingState, { bytes, norm }: SummedGradient, config: RunConfig, arithmetic: Optimizer): Promise<TrainingState> {
  const { clipNorm } = config.optimizer;
  const gradientFactor = clipNorm === undefined ? 1 : clipFactor(norm, clipNorm);
  await arithmetic.update(state, bytes, { model: config.model, hyper: hyperAt(state.step, config), gradientFactor });
  return { ...state, step: state.step + 1, lossParameters: lossParametersOf(state.parameters) };
}

export function hyperAt(step: number, { optimizer, schedule, steps }: RunConfig): AdamWHyper {
  const { learningRate: peak, beta1, beta2, epsilon, weightDecay } = optimizer;
  return { learningRate: learningRate(step, { ...schedule, peak, steps }), beta1, beta2, epsilon, weightDecay, update: step + 1 };
}

async function checkpointedState(store: Store, run: string, config: RunConfig, storeAccess: StoreAccess): Promise<{ state: TrainingState; metrics: StepMetrics[] }> {
  const tensors = { specs: modelTensors(config.model), trained: trainableParameters(config) };
  const latest = await latestCheckpoint(store, runKeys(run).checkpoints);
  if (!latest) return { state: trainingState(tensors, 0, { parameters: await startingParameters(config, storeAccess) }), metrics: [] };
  const { step, blobs } = await readCheckpoint(store, latest.folder);
  const lines = new TextDecoder().decode(blobs[checkpointBlobs.metrics]).split('\n').filter(Boolean);
  const state = trainingState(tensors, step, {
    parameters: float32Values(blobs[checkpointBlobs.parameters]!),
    moments: float32Values(blobs[checkpointBlobs.optimizer]!),
  });
  return { state, metrics: lines.map((line) => JSON.parse(line) as StepMetrics) };
}
