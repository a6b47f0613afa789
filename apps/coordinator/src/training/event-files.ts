import { eventFile, type ScalarEvent } from '#metrics/tensorboard/event-file.js';
import type { EvaluationResult } from '#protocol/run/evaluation-result.js';
import type { StepMetrics } from '#protocol/run/run-status.js';
import { runKeys, stepName } from '#store/run/keys.js';
import type { Store } from '#store/store.js';
import type { RunEvent } from './run-event.js';

/**
 * TensorBoard's event files of a run, `runs/ID/tensorboard/events.out.tfevents.EPOCH.NUMBER.STEP.tandem`, STEP being
 * the last one in it. No file is written twice: S3 cannot append, and TensorBoard goes on with the next file by itself.
 * They are made of what the run reports and never hold it up; what cannot be written now is in the next file.
 */
export interface EventFiles {
  onEvent(event: RunEvent): void;
  /** Resolves when all is written, or was tried. */
  close(): Promise<void>;
}

export interface EventFileOptions {
  readonly store: Store;
  readonly run: string;
  /** The leader's: files of one that was taken for dead have other names. */
  readonly epoch: number;
  /** The time, in milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly onTrouble: (message: string) => void;
}

/** A file holds what came in so long: TensorBoard looks for news as often. */
const fileMs = 30_000;

export function openEventFiles({ store, run, epoch, nowMs, onTrouble }: EventFileOptions): EventFiles {
  const folder = runKeys(run).tensorboard;
  let files = 0;
  let pending: ScalarEvent[] = [];
  let sinceMs = nowMs();
  /** Steps that earlier files have. One that is taken again has the same numbers, and is not written again. */
  let earlier: Promise<number> | undefined;
  let writing = Promise.resolve();

  const add = (step: number, scalars: ScalarEvent['scalars']): void =>
    void pending.push({ wallTime: nowMs() / 1000, step, scalars });
  const write = async (): Promise<void> => {
    earlier ??= lastStep(store, folder);
    const known = await earlier.catch((error: unknown) => {
      earlier = undefined;
      throw error;
    });
    const taken = pending;
    const events = taken.filter(({ step }) => step > known);
    if (events.length > 0) {
      const name = [epoch, files, events.at(-1)!.step].map(stepName).join('.');
      await store.put(`${folder}/events.out.tfevents.${name}.tandem`, eventFile(events));
      files += 1;
    }
    pending = pending.slice(taken.length);
  };
  const flush = (): void => {
    sinceMs = nowMs();
    writing = writing
      .then(write)
      .catch((error: unknown) => onTrouble(error instanceof Error ? error.message : String(error)));
  };
  return {
    onEvent(event) {
      if (event.kind === 'restored') for (const metrics of event.metrics) add(metrics.step, stepScalars(metrics));
      if (event.kind === 'step') add(event.metrics.step, stepScalars(event.metrics));
      if (event.kind === 'evaluation') add(event.result.step, evaluationScalars(event.result));
      if (nowMs() - sinceMs >= fileMs) flush();
    },
    async close() {
      flush();
      await writing;
    },
  };
}

/** The last step in a folder's files; 0 if there are none. */
async function lastStep(store: Store, folder: string): Promise<number> {
  let last = 0;
  for await (const key of store.list(`${folder}/`)) last = Math.max(last, Number(key.split('.').at(-2)) || 0);
  return last;
}

function stepScalars(metrics: StepMetrics): Record<string, number> {
  const { encodeMs, lossMs, backpropMs, updateMs, stepMs, loadMs } = metrics;
  return {
    'train/loss': metrics.loss,
    'train/accuracy': metrics.accuracy,
    'train/logit_scale': metrics.logitScale,
    'train/learning_rate': metrics.learningRate,
    'train/gradient_norm': metrics.gradientNorm,
    'pool/pairs_per_second': metrics.pairsPerSecond,
    'pool/workers': metrics.workers,
    'pool/retries': metrics.retries,
    ...Object.fromEntries(
      Object.entries({ encodeMs, lossMs, backpropMs, updateMs, stepMs, loadMs }).map(([name, ms]) => [
        `seconds/${name.slice(0, -2)}`,
        ms / 1000,
      ]),
    ),
  };
}

/** The measures of a result, without the numbers that only describe it. */
function evaluationScalars(result: EvaluationResult): Record<string, number> {
  const tag = (measure: string): string => `evaluation/${result.name}/${measure}`;
  switch (result.kind) {
    case 'zero-shot':
      return { [tag('top1')]: result.top1, [tag('top5')]: result.top5 };
    case 'linear-probe':
      return { [tag('top1')]: result.top1, [tag('top5')]: result.top5, [tag('mean_per_class')]: result.meanPerClass };
    case 'few-shot':
      return Object.fromEntries(result.points.map(({ shots, mean }) => [tag(`${shots}_shots`), mean]));
    case 'retrieval':
      return Object.fromEntries(
        (['textOfImage', 'imageOfText'] as const).flatMap((side) =>
          (['r1', 'r5', 'r10'] as const).map((recall) => [
            tag(`${side === 'textOfImage' ? 'text_of_image' : 'image_of_text'}_${recall}`),
            result[side][recall],
          ]),
        ),
      );
  }
}
