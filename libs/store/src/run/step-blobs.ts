import type { Store } from '../store.js';
import { epochOf, runKeys } from './keys.js';

/**
 * Removes the blobs of all steps that the leader of this epoch and those before it have left: one that died left up to
 * a whole step's. It touches nothing of a later leader, and so may be called by one that does not lead any more.
 */
export async function removeStepBlobs(store: Store, run: string, epoch: number): Promise<void> {
  const { stepsPrefix } = runKeys(run);
  const folders = new Set<string>();
  for await (const key of store.list(stepsPrefix))
    if (epochOf(key) <= epoch) folders.add(key.slice(0, key.indexOf('/', stepsPrefix.length) + 1));
  for (const folder of folders) await store.removeAll(folder);
}
