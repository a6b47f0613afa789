import type { LossConfig } from '#protocol/run/loss-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Embeddings } from './contrastive-result.js';
import type { NamedValues } from '../parameters/named-values.js';

/** The numbers [N] by which a loss tells which pairs of a batch are the same. */
export type PairIds = 'captionIds' | 'imageIds';

/** The field in which a shard carries the keys that each kind of number is made from. */
export const keysOf = { captionIds: 'captionKeys', imageIds: 'imageKeys' } as const;

/** The false-negative mask of a loss: pairs i ≠ j are left out if any of these numbers is the same for both. */
export function maskedBy({
  maskSameCaption,
  maskSameImage,
}: Pick<LossConfig, 'maskSameCaption' | 'maskSameImage'>): PairIds[] {
  return [...(maskSameCaption ? (['captionIds'] as const) : []), ...(maskSameImage ? (['imageIds'] as const) : [])];
}

/**
 * The numbers as inputs of a tile, once for its images and once for its texts. Throws CONFIG_INVALID if the embeddings
 * come without them.
 */
export function idVectors(
  embeddings: Embeddings,
  masks: readonly PairIds[],
): Readonly<Record<'ofImages' | 'ofTexts', NamedValues>> {
  // float32 holds them exactly: N is less than 2^24.
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
 * The number of candidates of each pair, [N]: how many texts an image is compared with, its own among them. Its text is
 * compared with as many images. This is N less the pairs that the mask leaves out.
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
  ); // Pairs that are the same by both were subtracted twice.
  return candidates;
}

/**
 * Replaces keys by the numbers 0, 1, 2, … in the order in which the keys first appear; equal keys have equal numbers.
 * keys: [N, bytes].
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
