import { pMapIterable } from 'p-map';
import { notRegularCode } from '#store/file/regular-file.js';
import type { Store } from '#store/store.js';
import { captionBytesMax, groupBytesMax, imageCaptionsMax, sidecarBytesMax } from '#protocol/input/input-limits.js';
import { bytesText } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { manifestKey, type DatasetManifest, type Licence } from '../dataset/dataset-manifest.js';
import { datasetWriter, type NewSample } from '../dataset/dataset-writer.js';
import { folderSamples, type FolderSource } from './folder-source.js';
import type { SampleSource, SourceSample } from './source-sample.js';
import { storedImage } from './stored-image.js';
import { tableSamples, type TableSource } from './table-source.js';
import { webdatasetSamples, type WebdatasetSource } from './webdataset-source.js';

/** Where the pairs come from. */
export type PrepareSource = TableSource | FolderSource | WebdatasetSource;

export interface PrepareOptions {
  readonly name: string;
  readonly licences: readonly Licence[];
  /** Reduce larger images so that their shorter side has this many pixels. */
  readonly shortestSide?: number;
  readonly shardBytes?: number;
  /** Replace a data set that is already there, which is otherwise refused. */
  readonly replace?: boolean;
}

export interface PrepareProgress {
  readonly stored: number;
  readonly skipped: number;
}

/**
 * Prepares a data set from a source. Samples that cannot be used, for example because the image cannot be decoded or
 * there is no caption, are left out, counted, and listed in the manifest with the reason. Throws DATA_INVALID if the
 * source itself cannot be read or contains no usable pair.
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

/** Writes samples in their order; several images are checked concurrently. */
async function writeSamples(
  samples: SampleSource,
  target: Store,
  options: PrepareOptions,
  onProgress: (progress: PrepareProgress) => void,
): Promise<DatasetManifest> {
  const writer = datasetWriter(target, options);
  let stored = 0;
  let skipped = 0;
  const checkedSamples = pMapIterable(samples, (sample) => checkSample(sample, options.shortestSide), {
    concurrency: imagesInFlight,
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

/**
 * Removes an earlier data set, its manifest first, so that a half-removed data set is never taken for a complete one.
 */
export async function clearTarget(target: Store, replace: boolean): Promise<void> {
  if ((await target.size(manifestKey)) === undefined) return;
  if (!replace) {
    throw new TandemError({
      code: ErrorCode.ConfigInvalid,
      message: `Expected no data set at ${target.url}, found one.`,
      help: 'Choose another place, or say that it is to be replaced.',
    });
  }
  await target.remove(manifestKey);
  for await (const key of target.list('shard-')) await target.remove(key);
}

const imagesInFlight = 16;

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
    const trimmed = captions.map((caption) => caption.trim()).filter((caption) => caption !== '');
    const problem = captionProblem(trimmed, group);
    if (problem !== undefined) return { kind: 'bad', origin, reason: problem };
    const stored = await storedImage(image, shortestSide);
    return {
      kind: 'usable',
      origin,
      sample: { ...stored, captions: trimmed, ...(group === undefined ? {} : { group }) },
    };
  } catch (thrown) {
    return { kind: 'bad', origin, reason: reasonOf(thrown) };
  }
}

/** What is wrong with the captions or the group of a sample, or undefined if nothing is. */
function captionProblem(captions: readonly string[], group: string | undefined): string | undefined {
  if (captions.length === 0) return 'No caption.';
  if (captions.length > imageCaptionsMax) return `More captions than the limit of ${imageCaptionsMax}.`;
  const bytes = captions.map((caption) => Buffer.byteLength(caption));
  const longest = Math.max(...bytes);
  if (longest > captionBytesMax)
    return `A caption of ${bytesText(longest)}; the limit is ${bytesText(captionBytesMax)}: shorten it.`;
  const totalBytes = bytes.reduce((sum, one) => sum + one, 0);
  if (totalBytes > sidecarBytesMax)
    return `Captions of ${bytesText(totalBytes)} together; the limit is ${bytesText(sidecarBytesMax)}.`;
  if (group !== undefined && Buffer.byteLength(group) > groupBytesMax)
    return `A group's name of ${bytesText(Buffer.byteLength(group))}; the limit is ` + `${bytesText(groupBytesMax)}.`;
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

/** The number makes the key unique; the name lets people find the original. */
function keyOf(number: number, origin: string): string {
  const name = origin
    .replace(/\.[^./]+$/, '')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(-60);
  return `${String(number).padStart(9, '0')}-${name}`;
}

// ENOTDIR, ENAMETOOLONG and ERR_INVALID_ARG_VALUE (a null byte) occur because a row of a table may contain anything as
// its path.
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

/** Why a file cannot be used. Errors that are not the fault of the file are rethrown. */
function reasonOf(thrown: unknown): string {
  if (thrown instanceof TandemError && thrown.code === ErrorCode.DataInvalid) return thrown.message;
  const { code } = thrown as NodeJS.ErrnoException;
  if (code === notRegularCode || code === 'EFBIG') return `The file cannot be read: ${(thrown as Error).message}.`;
  if (code !== undefined && unreadableCodes.has(code)) return `The file cannot be read: ${code}.`;
  throw thrown;
}
