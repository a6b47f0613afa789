import { basename } from 'node:path';

/** Files that hold pairs and are not read, by their ending: what they are, and what to do with a file of this name. */
const kinds: readonly { readonly endings: RegExp; readonly what: string; readonly cure: (name: string) => string }[] = [
  {
    endings: /\.(?:arrow|feather)$/i,
    what: 'Arrow, which save_to_disk of Hugging Face writes',
    cure: () =>
      'Write its pictures as files and its captions as a CSV: for each row of datasets.load_from_disk(FOLDER), ' +
      "row['image'].save(NAME), and NAME and the caption into the table.",
  },
  {
    endings: /\.(?:xlsx?|ods)$/i,
    what: 'a spreadsheet',
    cure: () => 'Save it as CSV in UTF-8.',
  },
  {
    endings: /\.(?:zip|7z|rar|tar\.(?:bz2|xz|zst)|tbz2?|txz|tzst)$/i,
    what: 'an archive',
    cure: () => 'Unpack it, and prepare the tar or the folder that comes out.',
  },
];

/** A file of a kind that holds pairs and is not read. */
export interface UnreadKind {
  /** Of which it is: Parquet. */
  readonly what: string;
  readonly cure: string;
}

/** Undefined if the name is not one of these kinds. */
export function unreadKind(path: string): UnreadKind | undefined {
  const kind = kinds.find(({ endings }) => endings.test(path));
  return kind && { what: kind.what, cure: kind.cure(basename(path)) };
}

/** Is this the name of a table that is read? */
export function isTableName(path: string): boolean {
  return /\.(?:(?:csv|tsv|tab|jsonl|ndjson)(?:\.gz|\.bz2)?|parquet|pq)$/i.test(path);
}
