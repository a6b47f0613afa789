import { parseJson } from '#protocol/input/json-text.js';
import type { StepMetrics } from '#protocol/run/run-status.js';
import { latestCheckpoint, readCheckpoint } from '#store/run/checkpoint.js';
import { checkpointBlobs, runKeys } from '#store/run/keys.js';
import type { Store } from '#store/store.js';
import type { TrainedRun } from './reference.js';

/** Which parts of two runs have the same bits. */
export interface Comparison {
  readonly parameters: boolean;
  readonly moments: boolean;
  /** Every step once, in order, and each with the same loss. */
  readonly losses: boolean;
  /** The first step whose loss differs or is missing; null if there is none. */
  readonly firstDifferentStep: number | null;
}

export function isIdentical({ parameters, moments, losses }: Comparison): boolean {
  return parameters && moments && losses;
}

/** Compares the last checkpoint of a run with the reference. */
export async function compareWith(reference: TrainedRun, store: Store, run: string): Promise<Comparison> {
  const latest = await latestCheckpoint(store, runKeys(run).checkpoints);
  if (latest?.step !== reference.losses.length)
    throw new Error(
      `expected a checkpoint of step ${reference.losses.length}, the last is of ${latest?.step ?? 'none'}`,
    );
  const { blobs } = await readCheckpoint(store, latest.folder);
  const lines = new TextDecoder().decode(blobs[checkpointBlobs.metrics]).split('\n').filter(Boolean);
  const metrics = lines.map((line) => parseJson(line) as StepMetrics);
  return compareRuns(reference, {
    parameters: blobs[checkpointBlobs.parameters]!,
    moments: blobs[checkpointBlobs.optimizer]!,
    metrics,
  });
}

export interface FoundRun extends Omit<TrainedRun, 'losses'> {
  readonly metrics: readonly Pick<StepMetrics, 'step' | 'loss'>[];
}

export function compareRuns(reference: TrainedRun, found: FoundRun): Comparison {
  const length = Math.max(reference.losses.length, found.metrics.length);
  const different = Array.from({ length }, (_, index) => index).find((index) => {
    const { step, loss } = found.metrics[index] ?? {};
    return step !== index + 1 || loss !== reference.losses[index];
  });
  return {
    parameters: Buffer.compare(reference.parameters, found.parameters) === 0,
    moments: Buffer.compare(reference.moments, found.moments) === 0,
    losses: different === undefined,
    firstDifferentStep: different === undefined ? null : different + 1,
  };
}
