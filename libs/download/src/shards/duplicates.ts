import { lookAlikes } from '#data/image/look-alikes.js';
import type { PictureEntry } from './picture-entry.js';

export interface DuplicateShards {
  statsOf(shard: number): Promise<{ readonly pictures: readonly PictureEntry[] } | undefined>;
  /** Takes the duplicates out of a shard: `of` gives the key of the earlier picture. */
  drop(shard: number, pictures: readonly PictureEntry[], of: ReadonlyMap<string, string>): Promise<void>;
}

/** Finds, in all shards, the pictures that look like an earlier one, and has those dropped that are still there. */
export async function eachWithDuplicates(
  shards: number,
  distance: number,
  { statsOf, drop }: DuplicateShards,
): Promise<void> {
  const finder = lookAlikes(distance);
  const keys: string[] = [];
  for (let shard = 0; shard < shards; shard++) {
    const pictures = (await statsOf(shard))?.pictures ?? [];
    const found = new Map<string, string>();
    for (const one of pictures) {
      if (!('phash' in one)) continue;
      const earlier = finder.earlier(one.phash, keys.push(one.key) - 1);
      if (earlier !== undefined) found.set(one.key, keys[earlier]!);
    }
    const fresh = pictures.some(({ key, status }) => status === 'success' && found.has(key));
    if (fresh) await drop(shard, pictures, found);
  }
}
