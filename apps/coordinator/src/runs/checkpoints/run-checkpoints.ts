import type { CheckpointList } from '#protocol/history/checkpoint-list.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { checkpointSizes, completeCheckpoints } from '#store/run/checkpoint.js';
import { checkpointBlobs, runKeys } from '#store/run/keys.js';
import type { Store } from '#store/store.js';
import { urlOf } from '#store/store-url.js';

type Checkpoint = CheckpointList['checkpoints'][number];

/** A checkpoint as one needs it to open its model. */
export interface CheckpointPlace {
  readonly url: string;
  /** Committed steps. */
  readonly step: number;
  readonly parameterBytes: number;
}

export function placeOfCheckpoint({ url, step, files }: Checkpoint): CheckpointPlace {
  const parameterBytes = files.find(({ name }) => name === checkpointBlobs.parameters)?.bytes ?? 0;
  return { url, step, parameterBytes };
}

/** The complete checkpoints of a run, the newest first. */
export async function listCheckpoints(store: Store, run: string): Promise<Checkpoint[]> {
  const folders = await completeCheckpoints(store, runKeys(run).checkpoints);
  const described = await Promise.all(folders.map(({ folder }) => describe(store, folder)));
  return described.filter((one) => one !== undefined).reverse();
}

/** The checkpoint of this name, or the newest if none is given. Throws NOT_FOUND. */
export async function findCheckpoint(store: Store, run: string, name?: string): Promise<Checkpoint> {
  const all = await listCheckpoints(store, run);
  const found = name === undefined ? all[0] : all.find((one) => one.name === name);
  if (found) return found;
  throw new TandemError({
    code: ErrorCode.NotFound,
    message:
      name === undefined
        ? `Run ${run}: expected a checkpoint, there is none yet`
        : `Run ${run}: expected the name of a checkpoint, got "${name.slice(0, 100)}"`,
    help: `GET /v1/runs/${run}/checkpoints lists them. Older ones are removed as \`checkpoint.keep\` says.`,
    context: { run },
  });
}

/** Undefined if it was removed since it was listed: a run that trains keeps only the newest. */
async function describe(store: Store, folder: string): Promise<Checkpoint | undefined> {
  try {
    const { step, bytes } = await checkpointSizes(store, folder);
    const files = Object.entries(bytes).map(([name, size]) => ({ name, bytes: size }));
    return { name: folder.slice(folder.lastIndexOf('/') + 1), step, url: urlOf(store, folder), files };
  } catch (error) {
    if (error instanceof TandemError && error.code === ErrorCode.NotFound) return undefined;
    throw error;
  }
}
