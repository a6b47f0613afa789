import { pMapIterable } from 'p-map';
import { notRegularCode } from '#store/file/regular-file.js';
import type { Store } from '#store/store.js';
import { captionBytesMax, groupBytesMax, imageCaptionsMax, sidecarBytesMax } from '#protocol/input/input-limits.js';
import { bytesText } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { MANIFEST_KEY, type DatasetManifest, type Licence } from '../dataset/dataset-manifest.js';
import { datasetWriter, type NewSample } from '../dataset/dataset-writer.js';
import { folderSamples, type FolderSource } from './folder-source.js';
import type { SampleSource, SourceSample } from './source-sample.js';
import { storedImage } from './stored-image.js';
import { tableSamples, type TableSource } from './table-source.js';
import { webdatasetSamples, type WebdatasetSource } from './webdataset-source.js';

/** Where pairs come from. */
export type PrepareSource = TableSource | FolderSource | WebdatasetSource;

export interface PrepareOptions {
  readonly name: string;
  readonly licences: readonly Licence[];
  /** Larger images are made smaller, their shorter side this many pixels. */
  readonly shortestSide?: number;
  readonly shardBytes?: number;
  /** Write over a data set that is there already; refused otherwise. */
  readonly replace?: boolean;
}

export interface PrepareProgress {
  readonly stored: number;
  readonly skipped: number;
}

/**
 * Make a data set of a source. Samples that cannot be used (unreadable image, no caption) are left out, counted and
 * named with the reason in the manifest. DATA_INVALID where the source itself cannot be read or holds no usable pair.
 */
export async function prepareDataset(
  source: PrepareSource,
  target: Store,
  options: PrepareOptions,
  onProgress: (progress: PrepareProgress) => void = () => undefined,
): Promise<DatasetManifest> {
  await clearTarget(target, options.replace ?? false);
  return writeSamples(samplesOf(source), target, options, onProgress);
}

/** Write samples in their order, images checked several at once. */
export async function writeSamples(
  samples: SampleSource,
  target: Store,
  options: PrepareOptions,
  onProgress: (progress: PrepareProgress) => void,
): Promise<DatasetManifest> {
  const writer = datasetWriter(target, options);
  let stored = 0;
  let skipped = 0;
  const checkedSamples = pMapIterable(samples, (sample) => checkSample(sample, options.shortestSide), {
    concurrency: IMAGES_IN_WORK,
  });
  for await (const checked of checkedSamples) {
    const result =
      checked.kind === 'usable' ? await tryAdd(writer.add, checked.sample, checked.origin, stored) : checked;
    if (result.kind === 'bad') {
      writer.skip(result.origin, result.reason);
      skipped++;
    } else stored++;
    onProgress({ stored, skipped });
  }
  return writer.finish();
}

/** Remove what an earlier data set left, its manifest first: what is half removed is no data set. */
export async function clearTarget(target: Store, replace: boolean): Promise<void> {
  if ((await target.size(MANIFEST_KEY)) === undefined) return;
  if (!replace) {
    throw new TandemError({
      code: ErrorCode.ConfigInvalid,
      message: `Expected no data set at ${target.url}, found one.`,
      help: 'Choose another place, or say that it is to be replaced.',
    });
  }
  await target.remove(MANIFEST_KEY);
  for await (const key of target.list('shard-')) await target.remove(key);
}

const IMAGES_IN_WORK = 16;

type Checked =
  | { readonly kind: 'usable'; readonly origin: string; readonly sample: Omit<NewSample, 'key'> }
  | { readonly kind: 'bad'; readonly origin: string; readonly reason: string };

function samplesOf(source: PrepareSource): SampleSource {
  switch (source.kind) {
    case 'table':
      return tableSamples(source);
    case 'folder':
      return folderSamples(source);
    case 'webdataset':
      return webdatasetSamples(source);
  }
}

async function checkSample({ origin, read }: SourceSample, shortestSide?: number): Promise<Checked> {
  try {
    const { image, captions, group } = await read();
    const said = captions.map((caption) => caption.trim()).filter((caption) => caption !== '');
    const problem = captionProblem(said, group);
    if (problem !== undefined) return { kind: 'bad', origin, reason: problem };
    const stored = await storedImage(image, shortestSide);
    return { kind: 'usable', origin, sample: { ...stored, captions: said, ...(group === undefined ? {} : { group }) } };
  } catch (thrown) {
    return { kind: 'bad', origin, reason: reasonOf(thrown) };
  }
}

/** What is wrong with what is said of an image, if anything. */
function captionProblem(captions: readonly string[], group: string | undefined): string | undefined {
  if (captions.length === 0) return 'No caption.';
  if (captions.length > imageCaptionsMax)
    return `More than ${imageCaptionsMax} captions, of which at most so many are read.`;
  const bytes = captions.map((caption) => Buffer.byteLength(caption));
  const longest = Math.max(...bytes);
  if (longest > captionBytesMax)
    return `A caption of ${bytesText(longest)}, of which at most ${bytesText(captionBytesMax)} are read: shorten it.`;
  const together = bytes.reduce((sum, one) => sum + one, 0);
  if (together > sidecarBytesMax)
    return `Captions of ${bytesText(together)} together, of which at most ${bytesText(sidecarBytesMax)} are read.`;
  if (group !== undefined && Buffer.byteLength(group) > groupBytesMax)
    return (
      `A group's name of ${bytesText(Buffer.byteLength(group))}, of which at most ` +
      `${bytesText(groupBytesMax)} are read.`
    );
  return undefined;
}

async function tryAdd(
  add: (sample: NewSample) => Promise<void>,
  sample: Omit<NewSample, 'key'>,
  origin: string,
  number: number,
): Promise<{ kind: 'stored' } | Extract<Checked, { kind: 'bad' }>> {
  try {
    await add({ ...sample, key: keyOf(number, origin) });
    return { kind: 'stored' };
  } catch (thrown) {
    if (thrown instanceof TandemError && thrown.code === ErrorCode.DataInvalid)
      return { kind: 'bad', origin, reason: thrown.message };
    throw thrown;
  }
}

/** Unique by its number, and found again by its name. */
function keyOf(number: number, origin: string): string {
  const name = origin
    .replace(/\.[^./]+$/, '')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(-60);
  return `${String(number).padStart(9, '0')}-${name}`;
}

// ENOTDIR, ENAMETOOLONG, ERR_INVALID_ARG_VALUE (a null byte): a row may name anything.
const unreadableCodes: ReadonlySet<string> = new Set([
  'ENOENT',
  'EISDIR',
  'EACCES',
  'EPERM',
  'ENOTDIR',
  'ENAMETOOLONG',
  'ELOOP',
  'ENXIO',
  'ERR_INVALID_ARG_VALUE',
]);

/** Why a file cannot be used; what is no fault of the file is thrown on. */
function reasonOf(thrown: unknown): string {
  if (thrown instanceof TandemError && thrown.code === ErrorCode.DataInvalid) return thrown.message;
  const { code } = thrown as NodeJS.ErrnoException;
  if (code === notRegularCode || code === 'EFBIG') return `The file cannot be read: ${(thrown as Error).message}.`;
  if (code !== undefined && unreadableCodes.has(code)) return `The file cannot be read: ${code}.`;
  throw thrown;
}
