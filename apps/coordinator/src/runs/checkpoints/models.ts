import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OnnxType } from '#inference/export/transformers-config.js';
import type { Prediction } from '#protocol/history/checkpoint-list.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { StoreAccess } from '#store/open-store.js';
import { passingThread } from '#threads/passing-thread.js';
import { startThread, type ThreadClient } from '#threads/thread-client.js';
import type { ExportedFile, Failed, ModelCall, ModelResults, PredictCall } from './model-message.js';
import type { CheckpointPlace } from './run-checkpoints.js';

/** The models of checkpoints, used in a thread that is there while anyone asks. */
export interface Models {
  /**
   * Throws THROTTLED if too many ask at once, CONFLICT where the free memory cannot hold one more model, and what
   * predict and openCheckpointAt throw.
   */
  predict(call: Omit<PredictCall, 'kind' | 'storeAccess' | 'threads'>): Promise<Prediction>;
  /**
   * Exports a checkpoint to a folder, calls `use` with it and then removes it. Throws as `predict` does, and
   * what exportModel throws.
   */
  exported(
    wanted: { readonly checkpoint: CheckpointPlace; readonly type: OnnxType },
    use: (folder: string, files: readonly ExportedFile[]) => Promise<void>,
  ): Promise<void>;
  close(): Promise<void>;
}

/** Callers at once; each holds an image. */
const callersMax = 8;
/** A model is kept so long after it was asked last. */
const idleMs = 60_000;

export function openModels(storeAccess: StoreAccess, threads: number = availableParallelism()): Models {
  const thread = passingThread(
    () =>
      startThread<ModelCall, ModelResults>({
        entry: new URL('./model-thread.js', import.meta.url),
        failure: (message) =>
          new TandemError({ code: ErrorCode.Internal, message: `The thread that uses checkpoints failed: ${message}` }),
      }),
    idleMs,
  );
  let callers = 0;
  const during = async <Result extends object>(
    work: (client: ThreadClient<ModelCall, ModelResults>) => Promise<Result | Failed>,
  ): Promise<Result> => {
    if (callers >= callersMax) throw tooMany();
    callers += 1;
    try {
      const result = await thread.during(work);
      if (isFailed(result)) throw TandemError.fromWire(result.failed);
      return result;
    } finally {
      callers -= 1;
    }
  };
  return {
    predict: (call) => during((client) => client.call({ kind: 'predict', ...call, storeAccess, threads })),
    async exported({ checkpoint, type }, use) {
      const beside = await mkdtemp(join(tmpdir(), 'tandem-export-'));
      try {
        const folder = join(beside, 'export');
        const { files } = await during((client) =>
          client.call({ kind: 'export', checkpoint, storeAccess, folder, type }),
        );
        await use(folder, files);
      } finally {
        await rm(beside, { recursive: true, force: true });
      }
    },
    close: () => thread.close(),
  };
}

function isFailed(result: object): result is Failed {
  return 'failed' in result;
}

function tooMany(): TandemError {
  return new TandemError({
    code: ErrorCode.Throttled,
    message: `Checkpoints: expected at most ${callersMax} calls at once that use one, got more`,
    help: 'Try again in a moment.',
    retryable: true,
  });
}
