import { z } from 'zod';

const ofPicture = { key: z.string(), url: z.string() };

/**
 * What became of a picture of the list, as `NNNNN_stats.json` keeps it. Statuses are those of img2dataset, and
 * `duplicate`.
 */
export const pictureEntrySchema = z.discriminatedUnion('status', [
  z.strictObject({
    ...ofPicture,
    status: z.literal('success'),
    extension: z.string(),
    sha256: z.string(),
    phash: z.string(),
  }),
  /** A picture that looks like an earlier one. */
  z.strictObject({
    ...ofPicture,
    status: z.literal('duplicate'),
    duplicate_of: z.string(),
    sha256: z.string(),
    phash: z.string(),
  }),
  z.strictObject({
    ...ofPicture,
    status: z.enum(['failed_to_download', 'failed_to_resize']),
    error_message: z.string(),
    /** Another attempt may succeed. */
    can_pass: z.boolean(),
  }),
]);
export type PictureEntry = z.infer<typeof pictureEntrySchema>;
export type StoredEntry = Extract<PictureEntry, { status: 'success' }>;

export const shardStatsSchema = z.strictObject({
  format: z.literal('tandem-download-shard'),
  count: z.int().min(0),
  successes: z.int().min(0),
  failed_to_download: z.int().min(0),
  failed_to_resize: z.int().min(0),
  duplicates: z.int().min(0),
  status_dict: z.record(z.string(), z.int().min(0)),
  pictures: z.array(pictureEntrySchema),
});
export type ShardStats = z.infer<typeof shardStatsSchema>;

/** Counts the entries of a shard. Nothing in it depends on when or how it was downloaded. */
export function shardStats(pictures: readonly PictureEntry[]): ShardStats {
  const count = (status: PictureEntry['status']): number => pictures.filter((one) => one.status === status).length;
  const words = new Map<string, number>();
  for (const one of pictures) {
    const word = 'error_message' in one ? one.error_message : one.status;
    words.set(word, (words.get(word) ?? 0) + 1);
  }
  return {
    format: 'tandem-download-shard',
    count: pictures.length,
    successes: count('success'),
    failed_to_download: count('failed_to_download'),
    failed_to_resize: count('failed_to_resize'),
    duplicates: count('duplicate'),
    status_dict: Object.fromEntries([...words].sort(([one], [other]) => (one < other ? -1 : 1))),
    pictures: [...pictures],
  };
}
