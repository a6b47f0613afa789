import { basename, dirname, extname, join } from 'node:path';
import { sidecarBytesMax } from '#protocol/input/input-limits.js';
import { readRegularFile } from '#store/file/regular-file.js';
import { isImageName, unreadImage } from '../../image/image-formats.js';
import { readImageFile } from '../image-file.js';
import { readSidecar, type ReadSidecar } from '../sidecar.js';
import { badSample, type SampleSource, type SourcePair, type SourceReport } from '../source-sample.js';
import type { TextEncodingLabel } from '../text-encoding.js';
import { folderFiles } from './folder-files.js';
import { nameCaption } from './name-caption.js';

/** What the caption of an image is made of that has no caption file. */
export type CaptionFrom = 'name' | 'folder' | 'both';

/** A folder of images, at any depth, each with a .txt or .json file of the same name beside it. */
export interface FolderSource {
  readonly kind: 'folder';
  readonly path: string;
  /** Use the folder of an image as its group. */
  readonly groupByFolder?: boolean;
  /** Of an image without a caption file; with `groupByFolder` it is the folder's name if left out, else none. */
  readonly captionFrom?: CaptionFrom;
  /** Of the caption files; UTF-8 if left out. */
  readonly encoding?: TextEncodingLabel;
}

/** Yields the samples in ascending order of their paths. Symbolic links are followed. */
export async function* folderSamples(source: FolderSource, report: SourceReport): SampleSource {
  const files = await folderFiles(source.path);
  const present = sidecarsByStem(files.map(({ path }) => path));
  for (const [at, { path: file, problem }] of files.entries()) {
    report.reached(at / files.length);
    if (isOfMacOs(file)) report.ignored(file);
    else if (problem !== undefined) yield badSample(file, problem);
    else if (isImageName(file) || unreadImage(file) !== undefined) {
      const beside = present.get(stemOf(file));
      beside?.used.add(file);
      yield { origin: file, read: () => pairOf(source, file, beside ?? noSidecar) };
    } else if (!isSidecarName(file)) report.ignored(file);
  }
  for (const { json, text, used } of present.values())
    if (used.size === 0) for (const path of [json, text]) if (path !== undefined) yield badSample(path, noImage);
}

const noImage = 'No image of the same name beside it.';

/** Files that macOS writes beside every other where the disk has no place for its attributes. */
export function isOfMacOs(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.startsWith('._') || name === '.DS_Store' || /(?:^|\/)__MACOSX\//.test(path);
}

/** The caption files of a stem, and the images that use them. */
interface Sidecars {
  json?: string;
  text?: string;
  readonly used: Set<string>;
}

const noSidecar: Sidecars = { used: new Set() };

function sidecarsByStem(paths: readonly string[]): Map<string, Sidecars> {
  const found = new Map<string, Sidecars>();
  for (const path of paths.filter((path) => isSidecarName(path) && !isOfMacOs(path))) {
    const sidecars = found.get(stemOf(path)) ?? { used: new Set() };
    if (extname(path).toLowerCase() === '.json') sidecars.json ??= path;
    else sidecars.text ??= path;
    found.set(stemOf(path), sidecars);
  }
  return found;
}

function isSidecarName(path: string): boolean {
  return /\.(?:json|txt)$/i.test(path);
}

function stemOf(path: string): string {
  return path.replace(/\.[^./\\]+$/, '');
}

async function pairOf(source: FolderSource, file: string, beside: Sidecars): Promise<SourcePair> {
  const { path, groupByFolder = false, captionFrom = groupByFolder ? 'folder' : undefined } = source;
  const sidecar = await sidecarOf(source, beside);
  const image = await readImageFile(join(path, file));
  const folder = basename(dirname(join(path, file)));
  const isBare = sidecar.captions.length === 0 && captionFrom !== undefined;
  const captions = isBare ? captionsFrom(captionFrom, file, folder, groupByFolder) : sidecar.captions;
  const changes = isBare && captions.length > 0 ? [...sidecar.changes, madeOf[captionFrom]] : sidecar.changes;
  return { image, ...sidecar, captions, changes, ...(groupByFolder && { group: folder }) };
}

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

async function sidecarOf({ path, encoding }: FolderSource, { json, text }: Sidecars): Promise<ReadSidecar> {
  const read = async (file: string | undefined): Promise<Uint8Array | undefined> =>
    file === undefined ? undefined : readRegularFile(join(path, file), sidecarBytesMax);
  const files = { json: await read(json), text: await read(text) };
  return readSidecar(files, { origin: join(path, json ?? ''), encoding, merge: true });
}
