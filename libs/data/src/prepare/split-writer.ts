import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Store } from '#store/store.js';
import type { DatasetManifest } from '../dataset/dataset-manifest.js';
import { datasetWriter, type DatasetWriter, type DatasetWriterOptions } from '../dataset/dataset-writer.js';
import { useOfGroups, type GroupCounts } from '../dataset/group-numbers.js';
import type { NewSample } from '../dataset/sample.js';
import type { HoldOut } from './hold-out.js';

/** A share of the pairs, and where its data set goes. */
export interface HeldOutTarget extends HoldOut {
  readonly target: Store;
}

/** Writes a data set, or two: what is trained on, and what is held out. */
export interface SplitWriter {
  add(sample: NewSample, isHeldOut: boolean): Promise<void>;
  /** Counts a sample that was left out, in the data set that is trained on. */
  skip(key: string, reason: string): void;
  /**
   * Ends both, which have groups or have none together. Throws DATA_INVALID if one of them has no pair, or if groups
   * were to be held out and there are none.
   */
  finish(): Promise<{ readonly manifest: DatasetManifest; readonly heldOut: DatasetManifest | undefined }>;
  /** Groups of single pairs that the data sets do without, once they are finished. */
  readonly groupsDropped: number;
}

export function splitWriter(
  target: Store,
  options: DatasetWriterOptions,
  holdOut: HeldOutTarget | undefined,
): SplitWriter {
  const kept = datasetWriter(target, options);
  const apart = holdOut && datasetWriter(holdOut.target, { ...options, name: `${options.name}-held-out` });
  return {
    add: (sample, isHeldOut) => (isHeldOut && apart ? apart : kept).add(sample),
    skip: (key, reason) => kept.skip(key, reason),
    async finish() {
      if (!apart) return { manifest: await kept.finish(), heldOut: undefined };
      const counts = sum(kept.counts, apart.counts);
      if (counts.grouped + counts.bare > 0) requireBothSides(holdOut, [kept, apart], counts);
      const manifest = await kept.finish(counts);
      return { manifest, heldOut: await apart.finish(counts) };
    },
    get groupsDropped() {
      return kept.groupsDropped + (apart?.groupsDropped ?? 0);
    },
  };
}

function sum(one: GroupCounts, other: GroupCounts): GroupCounts {
  return { grouped: one.grouped + other.grouped, bare: one.bare + other.bare };
}

function requireBothSides({ share, by, seed }: HoldOut, sides: readonly DatasetWriter[], counts: GroupCounts): void {
  const use = useOfGroups(counts);
  if (by === 'group' && (use === 'none' || counts.grouped === 0))
    throw refusal(
      `expected groups to hold out, got ${counts.grouped} of ${counts.grouped + counts.bare} pairs with one`,
      'Give the pairs groups (docs/data-sets.md says how), or hold out by picture.',
    );
  const [kept = 0, heldOut = 0] = sides.map(({ counts: { grouped, bare } }) =>
    use === 'leave out bare' ? grouped : grouped + bare,
  );
  if (kept > 0 && heldOut > 0) return;
  throw refusal(
    `expected pairs to train on and others that are held out, got all ${kept + heldOut} ` +
      (kept > 0 ? 'to train on' : 'held out'),
    `Each ${by} is held out with a chance of ${share}, and of a few all may come out alike: name another share or ` +
      `another seed than ${seed}${by === 'group' ? ', or hold out by picture' : ''}.`,
  );
}

function refusal(message: string, help: string): TandemError {
  return new TandemError({ code: ErrorCode.DataInvalid, message: `Hold out: ${message}.`, help });
}
