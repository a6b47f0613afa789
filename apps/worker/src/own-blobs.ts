import type { Task } from '#protocol/pool/task.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { isKey } from '#store/store-key.js';
import { runKeys } from '#store/run/keys.js';

/** Throws UNAUTHORISED unless every blob that a task names is one of its own run. */
export function checkOwnBlobs(task: Task): void {
  const named = [
    task.kind === 'download' || task.kind === 'count' ? task.listKey : task.parametersKey,
    ...(task.kind === 'backprop' ? [task.gradients, ...task.embeddings].map(({ key }) => key) : []),
  ];
  const { prefix } = runKeys(task.run);
  for (const key of named) if (!key.startsWith(prefix) || !isKey(key)) throw outside(task.run, key);
}

function outside(run: string, key: string): TandemError {
  return new TandemError({
    code: ErrorCode.Unauthorised,
    message: `Expected a task that names blobs of its run ${run} only, got ${JSON.stringify(key.slice(0, 200))}.`,
    help: 'No coordinator gives such a task. See who else can write to this Redis.',
    context: { run },
  });
}
