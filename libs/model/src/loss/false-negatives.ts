import type { LossConfig } from '#protocol/run/loss-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Embeddings } from './contrastive-result.js';
import type { NamedValues } from '../parameters/named-values.js';

/** Numbers of the pairs of a batch [N] by which a loss tells which of them are the same. */
export type PairIds = 'captionIds' | 'imageIds';

/** Where a shard's embeddings carry the keys that the numbers of a batch are made of. */
export const keysOf = { captionIds: 'captionKeys', imageIds: 'imageKeys' } as const;

/** The false-negative mask of a loss: pairs i ≠ j are left out where one of these numbers is the same for both. */
export function maskedBy({
  maskSameCaption,
  maskSameImage,
}: Pick<LossConfig, 'maskSameCaption' | 'maskSameImage'>): PairIds[] {
  return [...(maskSameCaption ? (['captionIds'] as const) : []), ...(maskSameImage ? (['imageIds'] as const) : [])];
}

/**
 * The numbers as tiles read them, each as that of an image and that of a text. Throws CONFIG_INVALID where the batch
 * has none.
 */
export function idVectors(
  embeddings: Embeddings,
  masks: readonly PairIds[],
): Readonly<Record<'ofImages' | 'ofTexts', NamedValues>> {
  // exact: N is less than 2^24
  const batchIds = masks.map((mask) => [mask, Float32Array.from(idsOf(embeddings, mask))] as const);
  return {
    ofImages: Object.fromEntries(batchIds.map(([mask, ids]) => [rowInput(mask), ids])),
    ofTexts: Object.fromEntries(batchIds.map(([mask, ids]) => [columnInput(mask), ids])),
  };
}

export function rowInput(mask: PairIds): string {
  return `row/${mask}`;
}

export function columnInput(mask: PairIds): string {
  return `column/${mask}`;
}

/**
 * Candidates of each pair [N]: the texts that an image is compared with, its own among them, and as many images for its
 * text. N less those that the mask leaves out.
 */
export function candidatesOf(embeddings: Embeddings, masks: readonly PairIds[], batch: number): Float64Array {
  const candidates = new Float64Array(batch).fill(batch);
  const [one, other] = masks.map((mask) => idsOf(embeddings, mask));
  if (!one) return candidates;
  const subtract = (sign: number, ids: Float64Array): void => {
    const counts = new Map<number, number>();
    for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
    ids.forEach((id, i) => (candidates[i] = candidates[i]! - sign * (counts.get(id)! - 1)));
  };
  subtract(1, Float64Array.from(one));
  if (!other) return candidates;
  subtract(1, Float64Array.from(other));
  subtract(
    -1,
    Float64Array.from(one, (id, i) => id * batch + other[i]!),
  ); // the same by both: counted twice
  return candidates;
}

/**
 * Numbers in place of keys, equal where these are: 0, 1, 2, … in the order in which they first appear. keys: [N,
 * bytes].
 */
export function denseIds(keys: Uint8Array, bytes: number): Int32Array {
  const known = new Map<string, number>();
  const all = Buffer.from(keys.buffer, keys.byteOffset, keys.byteLength);
  return Int32Array.from({ length: keys.length / bytes }, (_, i) => {
    const key = all.toString('latin1', i * bytes, (i + 1) * bytes);
    const id = known.get(key) ?? known.size;
    known.set(key, id);
    return id;
  });
}

function idsOf(embeddings: Embeddings, mask: PairIds): Int32Array {
  const ids = embeddings[mask];
  if (ids) return ids;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `contrastive loss: expected ${mask} with the embeddings, by which pairs are left out, got none`,
  });
}
