/** What is counted: in a corpus, and (matches) in the captions that are curated. Entries are sorted by these first. */
export const Kind = { total: '0', word: '1', bigram: '2', views: '3', article: '4', match: '5' } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** How often something occurs. */
export interface CountEntry {
  /** Its kind, a tab, and the thing itself, which has no tab and no line end. */
  readonly name: string;
  readonly count: number;
}

/** Entries in ascending order of their names by UTF-16 code units, each name once, in batches of any size. */
export type SortedCounts = AsyncIterable<readonly CountEntry[]>;

export function nameOf(kind: Kind, key: string): string {
  return `${kind}\t${key}`;
}

export function kindOf({ name }: CountEntry): string {
  return name.charAt(0);
}

export function keyOf({ name }: CountEntry): string {
  return name.slice(2);
}

/**
 * What stands between the words of a bigram in its key: a control character where they stand side by side in a script
 * without gaps, or a space. Both come before all characters of words.
 */
export const gapMarks = ['\x01', ' '] as const;

/** The words of a bigram's key, and the bigram as it is written. */
export function bigramOf(key: string): { readonly first: string; readonly second: string; readonly text: string } {
  const isClose = key.includes(gapMarks[0]);
  const [first = '', second = ''] = key.split(isClose ? gapMarks[0] : gapMarks[1]);
  return { first, second, text: isClose ? first + second : key };
}
