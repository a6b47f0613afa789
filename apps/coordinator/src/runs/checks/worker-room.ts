import { holdsRun, idleWorkerBytes, workerBytes } from '#encoder/worker-memory.js';
import { isTraining, type RunDocument } from '#protocol/document/run-document.js';
import type { RunStatus, WorkerStatus } from '#protocol/run/run-status.js';
import { byteSize } from './byte-size.js';

/** Why nobody does the tasks of a run; undefined if some worker can. A pure function. */
export type Desertion =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'tooSmall'; readonly neededBytes: number; readonly largestBytes: number };

/** `neededBytes`: what the run needs of a worker's memory at least. */
export function desertionOf(workers: readonly WorkerStatus[], neededBytes: number): Desertion | undefined {
  const present = workers.filter(isPresent);
  if (present.length === 0) return { kind: 'nobody' };
  if (present.some(({ memoryBytes }) => holdsRun(memoryBytes, neededBytes))) return undefined;
  const largestBytes = Math.max(...present.map(({ memoryBytes }) => memoryBytes ?? 0));
  return { kind: 'tooSmall', neededBytes, largestBytes };
}

/** What a run needs of a worker's memory at least. Its document may be of an earlier version, without the settings. */
export function neededBytes({ config }: Pick<RunStatus, 'config'>): number {
  const document = config as RunDocument;
  return isTraining(document) ? workerBytes(document) : idleWorkerBytes;
}

/** The workers, with the reason for those that are too small for a run that is under way. */
export function withRoom(
  workers: readonly WorkerStatus[],
  runs: readonly Pick<RunStatus, 'id' | 'config'>[],
): WorkerStatus[] {
  return workers.map((worker) => {
    const { memoryBytes, reason } = worker;
    if (!isPresent(worker) || memoryBytes === null) return worker;
    const tooLarge = runs.filter((run) => !holdsRun(memoryBytes, neededBytes(run)));
    const reasons = tooLarge.map(
      (run) =>
        `gets no tasks of ${run.id}, which needs at least ${byteSize(neededBytes(run))} of memory: it has ` +
        byteSize(memoryBytes),
    );
    return { ...worker, reason: [reason, ...reasons].filter(Boolean).join('; ') };
  });
}

function isPresent({ state }: WorkerStatus): boolean {
  return state === 'idle' || state === 'busy';
}
