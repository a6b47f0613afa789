import { documentJson, type TokenizerDocument } from '#data/text/tokenizer-document.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import type { StepMetrics } from '#protocol/run/run-status.js';
import { completeCheckpoints, latestCheckpoint, pruneCheckpoints, writeCheckpoint } from '#store/run/checkpoint.js';
import { pruneJournal } from '#store/run/journal.js';
import { jsonLines } from '#store/run/json-lines.js';
import { checkpointBlobs, runKeys } from '#store/run/keys.js';
import { removeStepBlobs } from '#store/run/step-blobs.js';
import type { Store } from '#store/store.js';
import { inTurns } from '#threads/turns.js';
import type { TrainingState } from './training-state.js';

/** What a checkpoint holds besides the training state. */
export interface CheckpointExtras {
  readonly config: RunConfig;
  readonly tokenizer: TokenizerDocument;
  readonly metrics: readonly StepMetrics[];
  /** Folder of the checkpoint that is kept however old it is. */
  readonly best: string | undefined;
}

/** By what right a coordinator writes the blobs of a run. */
export interface Ownership {
  /** Its fencing token, which is in the keys of what an older leader must not touch. */
  readonly epoch: number;
  /** Throws CONFLICT if another coordinator has taken over the run. */
  readonly checkOwner: () => Promise<void>;
}

/**
 * Writes a checkpoint, which is complete or absent (invariant C2), and returns its folder. Then removes what is no
 * longer needed: checkpoints beyond the newest `checkpoint.keep` and the best, and the journal of the steps before the
 * checkpoint before this one, from which a run goes on if this one is damaged.
 */
export async function saveCheckpoint(
  store: Store,
  run: string,
  state: TrainingState,
  { config, tokenizer, metrics, best }: CheckpointExtras,
  { epoch, checkOwner }: Ownership,
): Promise<string> {
  await checkOwner();
  const text = new TextEncoder();
  const { checkpoints } = runKeys(run);
  const folder = await writeCheckpoint(
    store,
    checkpoints,
    { step: state.step, epoch },
    {
      [checkpointBlobs.parameters]: state.parameters,
      [checkpointBlobs.optimizer]: state.moments,
      [checkpointBlobs.tokenizer]: await inTurns(documentJson(tokenizer)),
      [checkpointBlobs.config]: text.encode(JSON.stringify(config)),
      [checkpointBlobs.metrics]: await inTurns(jsonLines(metrics)),
    },
  );
  await checkOwner(); // Again, since writing takes long: what is removed now is also the next leader's.
  await pruneCheckpoints(store, checkpoints, config.checkpoint.keep, best);
  const kept = await completeCheckpoints(store, checkpoints);
  await pruneJournal(store, run, config.checkpoint.keep === 1 ? state.step : (kept.at(-2)?.step ?? 0));
  return folder;
}

/** The number of committed steps in the newest checkpoint of a run; 0 if there is none. */
export async function newestStep(store: Store, run: string): Promise<number> {
  return (await latestCheckpoint(store, runKeys(run).checkpoints))?.step ?? 0;
}

/** Removes what only a run that trains needs, once its checkpoint at `step` is complete: its journal and steps. */
export async function tidyRun(
  store: Store,
  run: string,
  step: number,
  { epoch, checkOwner }: Ownership,
): Promise<void> {
  await checkOwner();
  await pruneJournal(store, run, step);
  await removeStepBlobs(store, run, epoch);
}
