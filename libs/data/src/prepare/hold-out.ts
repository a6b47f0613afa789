import { createHash } from 'node:crypto';
import type { SourcePair } from './source-sample.js';

/** What is kept on one side: the pairs of a picture, or those of a group. */
export const holdOutUnits = ['picture', 'group'] as const;
export type HoldOutUnit = (typeof holdOutUnits)[number];

/** Which pairs a data set is evaluated on and never trained with. */
export interface HoldOut {
  /** Of all pictures or groups, between 0 and 1. */
  readonly share: number;
  readonly by: HoldOutUnit;
  /** Another seed holds out others. */
  readonly seed: number;
}

/**
 * Is a pair held out? Its picture or its group decides, with the seed, and nothing else does: equal pictures are never
 * on both sides, and a pair stays on its side when a source grows, is ordered otherwise or is stored otherwise. The
 * price is that the share holds on average only. A pair without a group is decided by its picture.
 */
export function isHeldOut(
  { image, group }: Pick<SourcePair, 'image' | 'group'>,
  { share, by, seed }: HoldOut,
): boolean {
  const unit = by === 'group' ? group : undefined;
  const hash = createHash('sha256').update(`${seed} ${unit === undefined ? 'picture' : 'group'} `);
  const value = hash
    .update(unit ?? image)
    .digest()
    .readUIntBE(0, hashBytes);
  return value < share * 256 ** hashBytes;
}

/** As many as a number holds exactly. */
const hashBytes = 6;
