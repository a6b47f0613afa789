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
 * A bigram as a key: its words with a space between, or with a mark of no width where they stand side by side in a
 * script without gaps.
 */
export function bigramKey(first: string, gap: ' ' | '', second: string): string {
  return `${first}${gap === '' ? noWidth : gap}${second}`;
}

/** The words of a bigram's key, and the bigram as it is written. */
export function bigramOf(key: string): { readonly first: string; readonly second: string; readonly text: string } {
  const at = key.search(/[ \u200b]/);
  return { first: key.slice(0, at), second: key.slice(at + 1), text: key.replace(noWidth, '') };
}

/** No word has it: it counts as white space. */
const noWidth = '\u200b';
