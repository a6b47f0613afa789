import type { RunConfig } from '#protocol/run/run-config.js';
import type { StepMetrics } from '#protocol/run/run-status.js';
import { pruneCheckpoints, writeCheckpoint } from '#store/run/checkpoint.js';
import { pruneJournal } from '#store/run/journal.js';
import { jsonLines } from '#store/run/json-lines.js';
import { checkpointBlobs, runKeys } from '#store/run/keys.js';
import type { Store } from '#store/store.js';
import { inTurns } from '#threads/turns.js';
import type { TrainingState } from './training-state.js';

/** What a checkpoint holds besides the training state. */
export interface CheckpointExtras {
  readonly config: RunConfig;
  readonly tokenizer: unknown;
  readonly metrics: readonly StepMetrics[];
}

/**
 * Writes a checkpoint, which is complete or absent (invariant C2), and returns its folder. Then removes what is no
 * longer needed: checkpoints beyond the newest `checkpoint.keep`, and the journal of the steps before this one.
 */
export async function saveCheckpoint(
  store: Store,
  run: string,
  state: TrainingState,
  { config, tokenizer, metrics }: CheckpointExtras,
): Promise<string> {
  const text = new TextEncoder();
  const folder = await writeCheckpoint(store, runKeys(run).checkpoints, state.step, {
    [checkpointBlobs.parameters]: state.parameters,
    [checkpointBlobs.optimizer]: state.moments,
    [checkpointBlobs.tokenizer]: text.encode(JSON.stringify(tokenizer)),
    [checkpointBlobs.config]: text.encode(JSON.stringify(config)),
    [checkpointBlobs.metrics]: await inTurns(jsonLines(metrics)),
  });
  await pruneCheckpoints(store, runKeys(run).checkpoints, config.checkpoint.keep);
  await pruneJournal(store, run, state.step);
  return folder;
}
