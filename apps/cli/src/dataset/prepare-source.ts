import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { CaptionFrom } from '#data/prepare/folder/folder-source.js';
import type { PrepareSource } from '#data/prepare/prepare-dataset.js';
import { isTarName } from '#data/prepare/tar/tar-source.js';
import { checkEncoding } from '#data/prepare/text-encoding.js';
import { isTableName, unreadKind } from '#data/prepare/unread-kinds.js';
import { checkLanguages } from '#data/text/caption-language.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** Options that say how a source is read. Each is for some kinds of sources. */
export interface SourceOptions {
  readonly encoding?: string;
  readonly language?: readonly string[];
  readonly imageColumn?: string;
  readonly captionColumn?: string;
  readonly groupColumn?: string;
  readonly imageFolder?: string;
  readonly separator?: string;
  readonly escape?: string;
  /** False with --no-header. */
  readonly header?: boolean;
  readonly captionKey?: readonly string[];
  readonly imageKey?: readonly string[];
  readonly captionsPerLine?: boolean;
  readonly groupByFolder?: boolean;
  readonly captionFrom?: CaptionFrom;
  readonly passOverDamaged?: boolean;
}

/** Parses a single character, `tab` or `\t`. */
export function character(text: string): string {
  if (/^(?:tab|\\t)$/i.test(text)) return '\t';
  if ([...text].length === 1 && !/["\r\n]/.test(text)) return text;
  throw new InvalidArgumentError('Expected one character that is no quotation mark, or tab.');
}

/** Parses names with commas between them. */
export function names(text: string): readonly string[] {
  const all = text.split(',').map((name) => name.trim().replace(/^\./, ''));
  if (all.every((name) => name !== '')) return all;
  throw new InvalidArgumentError('Expected names with commas between them, such as txt,caption.');
}

/** The options of each kind of source; --encoding is for all. */
const optionsOf: Readonly<Record<PrepareSource['kind'], readonly (keyof SourceOptions)[]>> = {
  table: ['imageColumn', 'captionColumn', 'groupColumn', 'imageFolder', 'separator', 'escape', 'header', 'language'],
  folder: ['captionKey', 'imageKey', 'captionsPerLine', 'groupByFolder', 'captionFrom', 'passOverDamaged'],
  tar: ['captionKey', 'imageKey', 'captionsPerLine', 'passOverDamaged'],
};

/**
 * What a path is, by its ending or because it is a folder, and how it is to be read. Throws CONFIG_INVALID if it is
 * nothing that is read, or an option is for another kind of source.
 */
export async function prepareSource(given: string, options: SourceOptions): Promise<PrepareSource> {
  const { encoding, captionKey: captionKeys, imageKey, captionsPerLine, passOverDamaged } = options;
  if (encoding !== undefined) checkEncoding(encoding);
  if (options.language) await checkLanguages(options.language);
  const { kind, path } = await sourceAt(given, options);
  refuseOthers(kind, options);
  const text = encoding === undefined ? {} : { encoding };
  const imageKeys = imageKey?.map((key) => key.toLowerCase());
  const sidecars = { captionKeys, imageKeys, captionsPerLine, passOverDamaged, ...text };
  switch (kind) {
    case 'table': {
      const { imageColumn, captionColumn, groupColumn, imageFolder, separator, escape, header, language } = options;
      const columns = { imageColumn, captionColumn, groupColumn, hasHeading: header ?? true };
      return { kind, path, ...columns, imageFolder, separator, escape, languages: language, ...text };
    }
    case 'folder': {
      const { groupByFolder = false, captionFrom } = options;
      return { kind, path, groupByFolder, ...(captionFrom && { captionFrom }), ...sidecars };
    }
    case 'tar':
      return { kind, path, ...sidecars };
  }
}

/** Files beside the pictures of a folder in which Hugging Face's imagefolder keeps what is known of them. */
const metadataNames = ['metadata.csv', 'metadata.jsonl', 'metadata.parquet'];

/** What is at a path. A folder of pictures with a table of Hugging Face's imagefolder is that table. */
async function sourceAt(
  path: string,
  options: SourceOptions,
): Promise<{ readonly kind: PrepareSource['kind']; readonly path: string }> {
  const kind = await kindOf(path);
  const isOfFolder = optionsOf.folder.some((name) => options[name] !== undefined);
  if (kind !== 'folder' || isOfFolder) return { kind, path };
  const found = metadataNames.map((name) => join(path, name)).filter((one) => existsSync(one));
  if (found.length > 1)
    throw refusal(`expected one of ${metadataNames.join(', ')} in ${path}, got several`, 'Name the one that counts.');
  return found[0] === undefined ? { kind, path } : { kind: 'table', path: found[0] };
}

async function kindOf(path: string): Promise<PrepareSource['kind']> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw refusal(`expected ${path} to be there, found nothing`);
  if (found.isDirectory()) return 'folder';
  if (isTarName(path)) return 'tar';
  // Kaggle's tables of captions end in .txt, Flickr30k's in .token.
  if (isTableName(path) || /\.(?:txt|token|json)$/i.test(path)) return 'table';
  const unread = unreadKind(path);
  if (unread) throw refusal(`expected a table, a tar or a folder, got ${unread.what}, which is not read`, unread.cure);
  throw refusal(`expected a table (.csv, .tsv, .jsonl, .json, .parquet), a .tar or a folder, got ${path}`);
}

/** An option that would do nothing is a mistake. */
function refuseOthers(kind: PrepareSource['kind'], options: SourceOptions): void {
  const all = new Set(Object.values(optionsOf).flat());
  const isGiven = (name: keyof SourceOptions): boolean =>
    name === 'header' ? options.header === false : options[name] !== undefined;
  const wrong = [...all].find((name) => !optionsOf[kind].includes(name) && isGiven(name));
  if (wrong === undefined) return;
  const option =
    wrong === 'header' ? '--no-header' : `--${wrong.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const kinds = Object.entries(optionsOf).filter(([, names]) => names.includes(wrong));
  throw refusal(`expected no ${option} for a ${kind}: it is for a ${kinds.map(([name]) => name).join(' or ')}`);
}

function refusal(what: string, help?: string): TandemError {
  return new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `Source of a data set: ${what}`,
    help: help ?? '`tandem dataset prepare --help` lists what a source can be.',
  });
}
