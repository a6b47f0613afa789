import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { sidecarBytesMax } from '#protocol/input/input-limits.js';
import { readRegularFile } from '#store/file/regular-file.js';
import { isImageName, unreadImage } from '../../image/image-formats.js';
import { readImageFile } from '../image-file.js';
import { captionNames } from '../sidecar/caption-keys.js';
import { readSidecar } from '../sidecar/sidecar.js';
import { badSample, type SampleSource, type SourcePair, type SourceReport } from '../source-sample.js';
import { isTarName, tarSamples, type TarOptions } from '../tar/tar-source.js';
import { isTableName, unreadKind } from '../unread-kinds.js';
import { folderFiles, isOfMacOs } from './folder-files.js';
import { folderSidecars, isSidecarName, stemOf, type FolderSidecar } from './folder-sidecars.js';
import { nameCaption } from './name-caption.js';

/** What the caption of an image is made of that has no caption file. */
export type CaptionFrom = 'name' | 'folder' | 'both';

/** A folder of images, at any depth, each with a caption file of the same name beside it, and of tars. */
export interface FolderSource extends TarOptions {
  readonly kind: 'folder';
  readonly path: string;
  /** Use the folder of an image as its group. */
  readonly groupByFolder?: boolean;
  /** Of an image without a caption file; with `groupByFolder` it is the folder's name if left out, else none. */
  readonly captionFrom?: CaptionFrom;
}

/** Yields the samples in ascending order of their paths. Symbolic links are followed. */
export async function* folderSamples(source: FolderSource, report: SourceReport): SampleSource {
  const files = await folderFiles(source.path);
  const readable = files.filter(({ path, problem }) => problem === undefined && !isOfMacOs(path));
  const sidecars = folderSidecars(
    readable.map(({ path }) => path),
    source.captionKeys,
  );
  const tars = await tarSizes(source.path, readable);
  const pictures = readable.filter(({ path }) => isImageName(path)).length;
  if (tars.size > 0 && pictures > 0) report.say(mixed([...tars.keys()], pictures));
  const progress = progressOf(files.length, tars, report);
  for (const { path: file, problem } of files) {
    const isTar = tars.has(file);
    const unread = unreadKind(file);
    if (isOfMacOs(file)) report.ignored(file);
    else if (problem !== undefined) yield badSample(file, problem);
    else if (isTar)
      yield* tarSamples({ ...source, path: join(source.path, file) }, { ...report, reached: progress.within });
    else if (isImageName(file) || unreadImage(file) !== undefined) {
      const beside = sidecars.of(file);
      yield { origin: file, read: () => pairOf(source, file, beside) };
    } else if (unread) report.ignored(file, `${unread.what}, which is not read`);
    else if (isTableName(file)) report.ignored(file, 'tables, which are sources of their own');
    else if (!isSidecarName(file, source.captionKeys)) report.ignored(file);
    progress.passed(file);
  }
  for (const { path, isStray } of sidecars.unused())
    if (isStray) report.ignored(path);
    else yield badSample(path, noImage);
}

const noImage = 'No image of the same name beside it.';

async function tarSizes(root: string, files: readonly { readonly path: string }[]): Promise<Map<string, number>> {
  const tars = files.map(({ path }) => path).filter(isTarName);
  return new Map(await Promise.all(tars.map(async (path) => [path, (await stat(join(root, path))).size] as const)));
}

function mixed(tars: readonly string[], pictures: number): string {
  const names = tars.length === 1 ? `a tar (${tars[0]})` : `${tars.length} tars (${tars[0]}, …)`;
  return `a folder of ${names} and ${pictures} picture${pictures === 1 ? '' : 's'}: the pairs of both are taken`;
}

/** How far a folder is read, of which a tar is worth its bytes and another file this many. */
const fileBytes = 100_000;

function progressOf(
  files: number,
  tars: ReadonlyMap<string, number>,
  report: SourceReport,
): { within(share: number): void; passed(file: string): void } {
  const tarBytes = [...tars.values()].reduce((sum, bytes) => sum + bytes, 0);
  const total = Math.max(1, tarBytes + (files - tars.size) * fileBytes);
  let before = 0;
  let current = [...tars.values()];
  return {
    within: (share) => report.reached((before + share * (current[0] ?? 0)) / total),
    passed(file) {
      before += tars.get(file) ?? fileBytes;
      if (tars.has(file)) current = current.slice(1);
      report.reached(before / total);
    },
  };
}

async function pairOf(source: FolderSource, file: string, beside: readonly FolderSidecar[]): Promise<SourcePair> {
  const { path, groupByFolder = false, captionFrom = groupByFolder ? 'folder' : undefined } = source;
  const files = beside.map((sidecar) => ({
    ending: sidecar.ending,
    origin: join(path, sidecar.path),
    read: () => readRegularFile(join(path, sidecar.path), sidecarBytesMax),
  }));
  const sidecar = await readSidecar(files, source);
  const image = await readImageFile(join(path, file));
  const folder = basename(dirname(join(path, file)));
  const isBare = sidecar.captions.every((caption) => caption.trim() === '') && captionFrom !== undefined;
  const captions = isBare ? captionsFrom(captionFrom, file, folder, groupByFolder) : sidecar.captions;
  const changes = isBare && captions.length > 0 ? [...sidecar.changes, madeOf[captionFrom]] : sidecar.changes;
  const noCaption = sidecar.noCaption ?? (beside.length === 0 ? noFile : undefined);
  return { image, ...sidecar, noCaption, captions, changes, ...(groupByFolder && { group: folder }) };
}

const noFile = `No caption: expected beside it ${captionNames}; --caption-key names others.`;

const madeOf: Readonly<Record<CaptionFrom, string>> = {
  name: 'caption made of the name of the file',
  folder: 'caption made of the name of the folder',
  both: 'captions made of the names of file and folder',
};

/** The name of a group is a caption as it stands. */
function captionsFrom(from: CaptionFrom, file: string, folder: string, isGroup: boolean): string[] {
  const name = nameCaption(basename(stemOf(file)));
  const ofFolder = isGroup ? folder : nameCaption(folder);
  const wanted = from === 'both' ? [name, ofFolder] : [from === 'name' ? name : ofFolder];
  return [...new Set(wanted.filter((caption) => caption !== undefined))];
}
