import { modelTensors } from '#model/parameters/parameters.js';
import { trainableParameters, updatedTensors } from '#model/parameters/trainable-parameters.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import type { StepMetrics } from '#protocol/run/run-status.js';
import { latestCheckpoint, readCheckpoint } from '#store/run/checkpoint.js';
import { readJournal } from '#store/run/journal.js';
import { parsedJsonLines } from '#store/run/json-lines.js';
import { checkpointBlobs, runKeys } from '#store/run/keys.js';
import type { StoreAccess } from '#store/open-store.js';
import { float32Values } from '#store/safetensors/safetensors.js';
import { sharedBlob } from '#store/safetensors/shared-blob.js';
import { copying } from '#store/safetensors/shared-copy.js';
import type { Store } from '#store/store.js';
import { inTurns } from '#threads/turns.js';
import type { Optimizer } from '../optimizer/optimizer.js';
import { startingParameters } from '../prepare/initial-weights.js';
import { update } from '../training-step.js';
import { trainingStateInTurns, type TrainingState } from './training-state.js';

export interface RestoreOptions {
  readonly store: Store;
  readonly run: string;
  readonly config: RunConfig;
  readonly optimizer: Optimizer;
  /** Credentials for the store of the initial weights. */
  readonly storeAccess: StoreAccess;
}

export interface RestoredState {
  readonly state: TrainingState;
  /** The metrics of all steps up to the checkpoint. */
  readonly metrics: StepMetrics[];
}

/**
 * The state after the last committed step, bit for bit (invariant J1). Starts from the newest checkpoint, or from the
 * initial parameters if there is none, and applies the updates that the journal holds since then.
 */
export async function restoreState({
  store,
  run,
  config,
  optimizer,
  storeAccess,
}: RestoreOptions): Promise<RestoredState> {
  const start = await checkpointedState(store, run, config, storeAccess);
  let { state } = start;
  const gradient = sharedBlob(updatedTensors(config)).bytes;
  for await (const { bytes } of readJournal(store, run, state.step)) {
    await inTurns(copying(gradient, bytes));
    ({ state } = await update(state, gradient, await optimizer.norm(gradient), { config, optimizer }));
  }
  return { state, metrics: start.metrics };
}

async function checkpointedState(
  store: Store,
  run: string,
  config: RunConfig,
  storeAccess: StoreAccess,
): Promise<RestoredState> {
  const tensors = { specs: modelTensors(config.model), trainable: trainableParameters(config) };
  const latest = await latestCheckpoint(store, runKeys(run).checkpoints);
  if (!latest)
    return {
      state: await trainingStateInTurns(tensors, 0, { parameters: await startingParameters(config, storeAccess) }),
      metrics: [],
    };
  const { step, blobs } = await readCheckpoint(store, latest.folder);
  const metrics = await inTurns(parsedJsonLines(blobs[checkpointBlobs.metrics]!));
  const state = await trainingStateInTurns(tensors, step, {
    parameters: float32Values(blobs[checkpointBlobs.parameters]!),
    moments: float32Values(blobs[checkpointBlobs.optimizer]!),
  });
  return { state, metrics: metrics as StepMetrics[] };
}
