import { jsonBytes } from './pack-shard.js';

/** Pairs that have a group, and those that have none. */
export interface GroupCounts {
  readonly grouped: number;
  readonly bare: number;
}

/** What becomes of groups that only some pairs have: if most have one, pairs without are left out, else the groups. */
export function useOfGroups({ grouped, bare }: GroupCounts): 'all' | 'leave out bare' | 'none' {
  if (bare === 0) return 'all';
  return grouped > bare ? 'leave out bare' : 'none';
}

/** Numbers the groups of pairs in order of first appearance. */
export interface GroupNumbers {
  add(group: string | undefined): void;
  readonly counts: GroupCounts;
  /** groups.json of the pairs that have a group; undefined if none has. */
  document(): { readonly bytes: Uint8Array; readonly count: number } | undefined;
}

export function groupNumbers(): GroupNumbers {
  const numbers = new Map<string, number>();
  const ofPair: number[] = [];
  let bare = 0;
  return {
    add(group) {
      if (group === undefined) {
        bare++;
        return;
      }
      const number = numbers.get(group) ?? numbers.size;
      numbers.set(group, number);
      ofPair.push(number);
    },
    get counts() {
      return { grouped: ofPair.length, bare };
    },
    document: () =>
      ofPair.length === 0
        ? undefined
        : { bytes: jsonBytes({ names: [...numbers.keys()], ofPair }), count: numbers.size },
  };
}
