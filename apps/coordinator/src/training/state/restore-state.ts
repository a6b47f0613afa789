import { modelTensors } from '#model/parameters/parameters.js';
import { trainableParameters, updatedTensors } from '#model/parameters/trainable-parameters.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import type { StepMetrics } from '#protocol/run/run-status.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { completeCheckpoints, damageOf, discardCheckpoint, readCheckpoint } from '#store/run/checkpoint.js';
import { readJournal, removeEntry } from '#store/run/journal.js';
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
import { restoredMetrics } from '../step-metrics.js';
import { update } from '../training-step.js';
import { trainingStateInTurns, type TrainingState } from './training-state.js';

export interface RestoreOptions {
  readonly store: Store;
  readonly run: string;
  /** The document as it was in force when a step was taken: a resumed run may have got another number of steps. */
  readonly configAt: (step: number) => RunConfig;
  readonly optimizer: Optimizer;
  /** Credentials for the store of the initial weights. */
  readonly storeAccess: StoreAccess;
  /** Restores the state before this step rather than the newest one, and changes nothing in the store. */
  readonly before?: number;
  /** If it is aborted, the restoration rejects with its reason, soon. */
  readonly signal?: AbortSignal;
}

export interface RestoredState {
  readonly state: TrainingState;
  /** The metrics of all committed steps. Those taken from the journal have no times and no traffic of their own. */
  readonly metrics: StepMetrics[];
  /** What was damaged or missing, in sentences. Its steps are taken again, with the same result. */
  readonly losses: readonly string[];
}

/**
 * The state after the last committed step, bit for bit (invariant J1). Starts from the newest checkpoint that is whole,
 * or from the initial parameters if there is none, and applies the updates that the journal holds since then. Damaged
 * checkpoints and entries are removed, so that they can be written again.
 */
export async function restoreState(options: RestoreOptions): Promise<RestoredState> {
  const { store, run, configAt, optimizer, before, signal } = options;
  const losses: string[] = [];
  const { metrics, ...start } = await checkpointedState(options, losses);
  let { state } = start;
  const gradient = sharedBlob(updatedTensors(configAt(state.step))).bytes;
  let damaged: number | undefined;
  const entries = readJournal(store, run, state.step, ({ step, reason }) => {
    damaged = step;
    losses.push(`The journal ends before step ${step}: ${reason}.`);
  });
  for await (const { bytes, note } of entries) {
    if (state.step === before) break;
    await inTurns(copying(gradient, bytes), signal);
    const norm = await optimizer.norm(gradient);
    const config = configAt(state.step);
    const updated = await update(state, gradient, norm, { config, optimizer });
    state = updated.state;
    metrics.push(restoredMetrics(updated, norm, note, config));
  }
  if (before !== undefined && state.step !== before) throw beyondReach(options, state.step);
  if (damaged !== undefined && before === undefined) await removeEntry(store, run, damaged);
  return { state, metrics, losses };
}

async function checkpointedState(
  { store, run, configAt, storeAccess, before = Infinity, signal }: RestoreOptions,
  losses: string[],
): Promise<Omit<RestoredState, 'losses'>> {
  const config = configAt(0);
  const tensors = { specs: modelTensors(config.model), trainable: trainableParameters(config) };
  const checkpoints = await completeCheckpoints(store, runKeys(run).checkpoints);
  for (const { folder } of checkpoints.filter((one) => one.step <= before).reverse()) {
    try {
      const { step, blobs } = await readCheckpoint(store, folder);
      const metrics = await inTurns(parsedJsonLines(blobs[checkpointBlobs.metrics]!));
      const values = {
        parameters: float32Values(blobs[checkpointBlobs.parameters]!),
        moments: float32Values(blobs[checkpointBlobs.optimizer]!),
      };
      const state = await trainingStateInTurns(tensors, step, values, signal);
      return { state, metrics: metrics as StepMetrics[] };
    } catch (error) {
      if (damageOf(error) === undefined || before !== Infinity) throw error;
      losses.push((error as Error).message);
      await discardCheckpoint(store, folder);
    }
  }
  const parameters = await startingParameters(config, storeAccess, signal);
  return { state: await trainingStateInTurns(tensors, 0, { parameters }, signal), metrics: [] };
}

function beyondReach({ store, run, before }: RestoreOptions, step: number): TandemError {
  return new TandemError({
    code: ErrorCode.NotFound,
    message: `Run ${run}: expected the journal in ${store.url} to lead to step ${before}, it ends at step ${step}`,
    help: 'The journal is kept since the checkpoint before the newest.',
    context: { run, step },
  });
}
