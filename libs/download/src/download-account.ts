import { kindOf, tallies, type Tallies, type Tally } from '#data/prepare/tally.js';
import type { PictureEntry } from './shards/picture-entry.js';

/** What became of the pictures of a list, or of a part of it. */
export interface DownloadAccount {
  readonly pictures: number;
  readonly stored: number;
  readonly duplicates: number;
  /** Failures by their reason, the most frequent first. Those that can pass are tried again by the next call. */
  readonly failed: readonly (Tally & { readonly canPass: boolean })[];
  /** Failures that can pass. */
  readonly unsettled: number;
  /** Rows of the list that name no picture, by the reason. */
  readonly leftOut: readonly Tally[];
  /** How the list was read, where that was guessed. */
  readonly said: readonly string[];
}

export interface DownloadBook {
  entry(entry: PictureEntry): void;
  leaveOut(origin: string, reason: string): void;
  say(sentence: string): void;
  account(): DownloadAccount;
}

export function downloadBook(): DownloadBook {
  const failed: Readonly<Record<'passing' | 'lasting', Tallies>> = { passing: tallies(), lasting: tallies() };
  const leftOut = tallies();
  const said: string[] = [];
  let [pictures, stored, duplicates, unsettled] = [0, 0, 0, 0];
  return {
    entry(entry) {
      pictures++;
      if (entry.status === 'success') stored++;
      else if (entry.status === 'duplicate') duplicates++;
      else {
        if (entry.can_pass) unsettled++;
        failed[entry.can_pass ? 'passing' : 'lasting'].add(kindOf(entry.error_message), entry.url);
      }
    },
    leaveOut: (origin, reason) => leftOut.add(kindOf(reason), origin),
    say: (sentence) => said.push(sentence),
    account: () => ({
      pictures,
      stored,
      duplicates,
      failed: [
        ...failed.passing.list().map((one) => ({ ...one, canPass: true })),
        ...failed.lasting.list().map((one) => ({ ...one, canPass: false })),
      ].sort((one, other) => other.count - one.count),
      unsettled,
      leftOut: leftOut.list(),
      said,
    }),
  };
}
