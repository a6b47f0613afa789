/*
 * Names under which captions are found: endings of text files and keys of JSON. webdataset and open_clip read txt, and
 * img2dataset writes the same caption there and as `caption`.
 */

/** Endings of text files, in their order. The last is of kohya's trainers. */
const textEndings = ['txt', 'text', 'caption'] as const;
/** Keys of JSON, in their order. */
const jsonKeys = ['captions', 'caption', 'text'] as const;
/** Keys that are read where none of these holds text, if only one of them does. */
const lesserJsonKeys = ['title', 'prompt', 'description', 'sentence', 'alt', 'alt_text'] as const;

/** The names for messages. */
export const captionNames =
  `a file ${textEndings.map((ending) => `.${ending}`).join(', ')} or .json, and in JSON ${jsonKeys.join(', ')}, ` +
  `or one of ${lesserJsonKeys.join(', ')}`;

/** Is a member or file with this ending, in small letters, one that may hold captions? */
export function isCaptionEnding(ending: string): boolean {
  return ending === 'json' || textEndings.some((one) => one === ending);
}

/** The last part of an ending such as `caption.txt`, without the `gz` after it. */
export function lastEnding(ending: string): string {
  const parts = ending.split('.');
  if (parts.length > 1 && parts.at(-1) === 'gz') parts.pop();
  return parts.at(-1)!;
}

/**
 * The place of a name in the order above. Names of files come before keys of JSON; large and small letters are the
 * same. Undefined if it is none of them.
 */
export function rankOf(kind: 'file' | 'key', name: string): number | undefined {
  const names: readonly string[] = kind === 'file' ? textEndings : jsonKeys;
  const at = names.indexOf(name.toLowerCase());
  if (at < 0) return undefined;
  return kind === 'file' ? at : textEndings.length + at;
}

/** May text under this name be a caption where nothing better is there? */
export function isLesser(kind: 'file' | 'key', name: string): boolean {
  const names: readonly string[] = lesserJsonKeys;
  return kind === 'file' || names.includes(name.toLowerCase());
}
