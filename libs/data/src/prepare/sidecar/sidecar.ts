import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { sidecarBytesMax } from '#protocol/input/input-limits.js';
import { bytesText, shownNames } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { sampleProblem } from '../sample-problem.js';
import type { SourcePair } from '../source-sample.js';
import { decodeText, type TextEncodingLabel } from '../text-encoding.js';
import { isLesser, lastEnding, rankOf } from './caption-keys.js';
import { invalidJson, jsonCaptions, type JsonCaptions } from './json-captions.js';

/** A file beside a picture: in a folder, or a member of a tar with the same key. */
export interface SidecarFile {
  /** What comes after the name of the picture, in small letters: txt, json, caption.txt, txt.gz. */
  readonly ending: string;
  /** Where it is, for messages. */
  readonly origin: string;
  readonly read: () => Promise<Uint8Array>;
}

/** How captions are found beside a picture, the same in folders and tars. */
export interface SidecarOptions {
  /** Endings of files or keys of JSON: the captions of all of them are taken. If left out, those of the first known. */
  readonly captionKeys?: readonly string[] | undefined;
  /** Each line of a text file is a caption. */
  readonly captionsPerLine?: boolean | undefined;
  /** Of the files; UTF-8 if left out. */
  readonly encoding?: TextEncodingLabel | undefined;
}

/** Captions and group of a picture, and how they were changed on the way. */
export type Sidecar = Omit<SourcePair, 'image' | 'changes'> & { readonly changes: readonly string[] };

/** Captions under a name. */
interface Found {
  readonly kind: 'file' | 'key';
  readonly name: string;
  readonly captions: readonly string[];
}

/**
 * Reads the files beside a picture. The first known name that holds text has its captions (caption-keys.ts); what
 * others hold besides is counted. A file that cannot be read is passed over where another has a caption; otherwise its
 * error is thrown.
 */
export async function readSidecar(files: readonly SidecarFile[], options: SidecarOptions = {}): Promise<Sidecar> {
  const found: Found[] = [];
  const changes: string[] = [];
  const problems: TandemError[] = [];
  const notText: string[] = [];
  let group: string | undefined;
  for (const file of files) {
    try {
      const text = decodeText(await contentOf(file), options.encoding);
      if (lastEnding(file.ending) !== 'json') {
        found.push({ kind: 'file', name: nameOf(file), captions: options.captionsPerLine ? linesOf(text) : [text] });
        continue;
      }
      const json = jsonCaptions(text, file.origin);
      for (const [name, captions] of json.texts) found.push({ kind: 'key', name, captions });
      group ??= json.group;
      changes.push(...json.changes);
      notText.push(...captionsNoText(json, file.origin, options));
    } catch (thrown) {
      problems.push(new TandemError({ code: ErrorCode.DataInvalid, message: sampleProblem(thrown), cause: thrown }));
    }
  }
  const full = found.filter(({ captions }) => captions.some((caption) => caption.trim() !== ''));
  const taken = options.captionKeys ? named(full, options.captionKeys) : chosen(full, changes);
  const captions = [...new Set(taken.flatMap((one) => one.captions).map((caption) => caption.trim()))];
  if (captions.length === 0 && problems[0]) throw problems[0];
  if (problems.length > 0) changes.push('a caption file that cannot be read passed over for another');
  if (!options.captionKeys) changes.push(...leftAway(taken, full));
  if (!options.captionsPerLine && taken.some(({ kind, captions: [text = ''] }) => kind === 'file' && isLong(text)))
    changes.push('text of several lines taken as one caption (--captions-per-line makes one of each line)');
  return {
    captions,
    changes,
    ...(group !== undefined && { group }),
    ...(captions.length === 0 && { noCaption: notText[0] ?? noCaption(full) }),
  };
}

function nameOf({ ending }: SidecarFile): string {
  return ending.replace(/\.gz$/, '');
}

const inflate = promisify(gunzip);

async function contentOf({ ending, origin, read }: SidecarFile): Promise<Uint8Array> {
  const bytes = await read();
  if (!ending.endsWith('.gz')) return bytes;
  try {
    return await inflate(bytes, { maxOutputLength: sidecarBytesMax });
  } catch (cause) {
    const detail =
      (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
        ? `it has more than the limit of ${bytesText(sidecarBytesMax)}`
        : (cause as Error).message;
    throw new TandemError({
      code: ErrorCode.DataInvalid,
      message: `Expected text in gzip at ${origin}: ${detail}.`,
      cause,
    });
  }
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n|\r/).filter((line) => line.trim() !== '');
}

function isLong(text: string): boolean {
  return /[\r\n]/.test(text.trim());
}

/** All that has one of these names. */
function named(found: readonly Found[], keys: readonly string[]): Found[] {
  return keys.flatMap((key) => {
    const exact = found.filter(({ name }) => name === key);
    return exact.length > 0 ? exact : found.filter(({ name }) => name.toLowerCase() === key.toLowerCase());
  });
}

/** The first known name, or the only one that may be meant. */
function chosen(found: readonly Found[], changes: string[]): Found[] {
  const ranked = found
    .map((one) => ({ one, rank: rankOf(one.kind, one.name) }))
    .filter((entry): entry is { one: Found; rank: number } => entry.rank !== undefined)
    .sort((first, second) => first.rank - second.rank);
  // `download` writes the first caption as text, and all of them as a list of JSON.
  const list = ranked.find(({ one }) => ranked[0] && holdsMore(one, ranked[0].one));
  if (ranked[0]) return [(list ?? ranked[0]).one];
  const lesser = found.filter(({ kind, name }) => isLesser(kind, name));
  if (new Set(lesser.map(({ captions }) => captions.join('\n').trim())).size !== 1) return [];
  changes.push(`caption taken from ${lesser[0]!.name}, as the only text`);
  return [lesser[0]!];
}

/** Is the first a list of captions that has those of the other too? */
function holdsMore({ kind, captions: all }: Found, { captions }: Found): boolean {
  const texts = all.map((caption) => caption.trim());
  return (
    kind === 'key' && texts.length > captions.length && captions.every((caption) => texts.includes(caption.trim()))
  );
}

/** Words for captions that known names hold and that are not taken. */
function leftAway(taken: readonly Found[], found: readonly Found[]): string[] {
  const have = new Set(taken.flatMap(({ captions }) => captions).map((caption) => caption.trim()));
  return found
    .filter(({ kind, name }) => rankOf(kind, name) !== undefined)
    .filter(({ captions }) => captions.some((caption) => caption.trim() !== '' && !have.has(caption.trim())))
    .map(({ name }) => {
      const first = taken[0]!.name;
      return `${name} holds another caption than ${first}, which is taken (--caption-key ${first},${name} takes both)`;
    });
}

/** Names of captions that hold something else. */
function captionsNoText({ others }: JsonCaptions, origin: string, { captionKeys }: SidecarOptions): string[] {
  return [...others]
    .filter(([key]) => (captionKeys ? captionKeys.includes(key) : rankOf('key', key) !== undefined))
    .map(([key, value]) => invalidJson(origin, `${key}: expected text or a list of texts, got ${value}`).message);
}

/** Says where text was found that may be the caption. */
function noCaption(found: readonly Found[]): string | undefined {
  const names = [...new Set(found.map(({ name }) => name))];
  if (names.length === 0) return undefined;
  return `No caption under a known name. There is text under ${shownNames(names)}: name one with --caption-key.`;
}
