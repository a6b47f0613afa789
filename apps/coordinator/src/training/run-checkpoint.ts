import { learningRate } from '#model/learning-rate.js';
import { initialParameters } from '#model/initialise.js';
import { parameterSpecs } from '#model/parameters.js';
import type { AdamWHyper } from '#model/adam-w.js';
import type { RunConfig } from '#protocol/run-config.js';
import type { StepMetrics } from '#protocol/run-status.js';
import { latestCheckpoint, pruneCheckpoints, readCheckpoint, writeCheckpoint } from '#store/checkpoint.js';
import { pruneJournal, readJournal } from '#store/journal.js';
import { checkpointBlobs, runKeys } from '#store/keys.js';
import { decodeFloat32, encodeFloat32 } from '#store/safetensors.js';
import type { Store } from '#store/store.js';
import type { Arithmetic } from './arithmetic.js';
import { logitScaleOf, trainingState, type TrainingState } from './training-state.js';

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
    [checkpointBlobs.optimizer]: encodeFloat32({ ...withPrefix('exp_avg/', state.firstMoments), ...withPrefix('exp_avg_sq/', state.secondMoments) }),
    [checkpointBlobs.tokenizer]: text.encode(JSON.stringify(tokenizer)),
    [checkpointBlobs.config]: text.encode(JSON.stringify(config)),
    [checkpointBlobs.metrics]: text.encode(metrics.map((step) => `${JSON.stringify(step)}\n`).join('')),
  });
  await pruneCheckpoints(store, runKeys(run).checkpoints, config.checkpoint.keep);
  await pruneJournal(store, run, state.step);
  return folder;
}

/**
 * The state after the last committed step, bit for bit: the newest checkpoint, or the initial parameters where there is
 * none, and on it the updates of the journal since (invariant J1).
 */
export async function restoreState(store: Store, run: string, config: RunConfig, arithmetic: Arithmetic): Promise<{ state: TrainingState; metrics: StepMetrics[] }> {
  const start = await checkpointedState(store, run, config);
  let { state } = start;
  for await (const { bytes } of readJournal(store, run, state.step)) state = await updated(state, bytes, config, arithmetic);
  return { state, metrics: start.metrics };
}

/** θ, τ ← adamW(θ, gradient; τ, dτ; lr(step)): the one place where the state advances. */
export async function updated(state: TrainingState, gradient: Uint8Array, config: RunConfig, arithmetic: Arithmetic): Promise<TrainingState> {
  await arithmetic.update(state, gradient, { model: config.model, hyper: hyperAt(state.step, config), clipNorm: config.optimizer.clipNorm });
  return { ...state, step: state.step + 1, logitScale: logitScaleOf(state.parameters) };
}

export function hyperAt(step: number, { optimizer, schedule, steps }: RunConfig): AdamWHyper {
  const { learningRate: peak, beta1, beta2, epsilon, weightDecay } = optimizer;
  return { learningRate: learningRate(step, { ...schedule, peak, steps }), beta1, beta2, epsilon, weightDecay, update: step + 1 };
}

async function checkpointedState(store: Store, run: string, config: RunConfig): Promise<{ state: TrainingState; metrics: StepMetrics[] }> {
  const specs = parameterSpecs(config.model);
  const latest = await latestCheckpoint(store, runKeys(run).checkpoints);
  if (!latest) return { state: trainingState(specs, 0, { parameters: initialParameters(config.model, config.seed) }), metrics: [] };
  const { step, blobs } = await readCheckpoint(store, latest.folder);
  const moments = values(blobs[checkpointBlobs.optimizer]!);
  const lines = new TextDecoder().decode(blobs[checkpointBlobs.metrics]).split('\n').filter(Boolean);
  const state = trainingState(specs, step, {
    parameters: values(blobs[checkpointBlobs.parameters]!),
    firstMoments: withoutPrefix('exp_avg/', moments),
    secondMoments: withoutPrefix('exp_avg_sq/', moments),
  });
  return { state, metrics: lines.map((line) => JSON.parse(line) as StepMetrics) };
}

function values(blob: Uint8Array): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(decodeFloat32(blob)).map(([name, { data }]) => [name, data]));
}

function withPrefix(prefix: string, blob: Uint8Array) {
  return Object.fromEntries(Object.entries(decodeFloat32(blob)).map(([name, tensor]) => [prefix + name, tensor]));
}

function withoutPrefix(prefix: string, tensors: Readonly<Record<string, Float32Array>>): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(tensors).flatMap(([name, tensor]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [])));
}
