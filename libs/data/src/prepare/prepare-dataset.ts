import { pMapIterable } from 'p-map';
import type { Store } from '#store/store.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { noGroup } from '../dataset/dataset-writer.js';
import { groupsKey, manifestKey, type DatasetManifest, type Licence } from '../dataset/dataset-manifest.js';
import { checkSample, type BadSample, type CheckedSample, type CheckOptions } from './check-sample.js';
import { folderSamples, type FolderSource } from './folder/folder-source.js';
import { accountBook, type AccountBook, type PrepareAccount } from './prepare-account.js';
import type { SampleSource, SourceReport } from './source-sample.js';
import { splitWriter, type HeldOutTarget, type SplitWriter } from './split-writer.js';
import type { StoredImageOptions } from './stored-image.js';
import { examplesMax } from './tally.js';
import { unreadKind } from './unread-kinds.js';
import { tableSamples, type TableSource } from './table/table-source.js';
import { tarSamples, type TarSource } from './tar/tar-source.js';

/** Where the pairs come from. */
export type PrepareSource = TableSource | FolderSource | TarSource;

export interface PrepareOptions extends StoredImageOptions {
  readonly name: string;
  readonly licences: readonly Licence[];
  readonly shardBytes?: number;
  /** Replace a data set that is already there, which is otherwise refused. */
  readonly replace?: boolean;
  /** A share of the pairs that goes into a data set of its own. */
  readonly holdOut?: HeldOutTarget | undefined;
}

export interface PrepareProgress {
  readonly stored: number;
  readonly skipped: number;
  /** How much of the source has been read, as a share of 1. */
  readonly share: number;
}

export interface PreparedDataset {
  readonly manifest: DatasetManifest;
  /** Of the pairs that were held out, if any were to be. */
  readonly heldOut: DatasetManifest | undefined;
  /** Of all pairs. */
  readonly account: PrepareAccount;
}

/**
 * Prepares a data set from a source. Samples that cannot be used, for example because the image cannot be decoded or
 * there is no caption, are left out, counted, and listed in the manifest with the reason. Throws DATA_INVALID if the
 * source itself cannot be read or contains no usable pair, and what SplitWriter throws.
 */
export async function prepareDataset(
  source: PrepareSource,
  target: Store,
  options: PrepareOptions,
  onProgress: (progress: PrepareProgress) => void = () => undefined,
): Promise<PreparedDataset> {
  const targets = options.holdOut ? [target, options.holdOut.target] : [target];
  for (const one of targets) await refuseExisting(one, options.replace ?? false);
  const book = accountBook();
  let share = 0;
  const report: SourceReport = { ignored: book.ignore, say: book.say, reached: (reached) => (share = reached) };
  // A source that cannot be read at all costs no data set that is there.
  const samples = await begun(samplesOf(source, report));
  for (const one of targets) await clearTarget(one);
  const writer = splitWriter(target, options, options.holdOut);
  const onSample = (stored: number, skipped: number): void => onProgress({ stored, skipped, share });
  await writeSamples(samples, { writer, book, images: options, onSample });
  const { manifest, heldOut } = await writer.finish().catch((thrown: unknown) => {
    throw withUnused(thrown, book);
  });
  if (writer.groupsDropped > 0) book.change(groupsDropped, source.kind, writer.groupsDropped);
  return { manifest, heldOut, account: accountOf(book, [manifest, ...(heldOut ? [heldOut] : [])]) };
}

/** A refusal because there is no pair says what the source has instead. */
function withUnused(thrown: unknown, book: AccountBook): unknown {
  const { pairs, ignored } = book.account();
  if (pairs > 0 || ignored.length === 0 || !(thrown instanceof TandemError)) return thrown;
  const unused = ignored.map(({ what, count, examples }) => {
    const cure = examples[0] === undefined ? undefined : unreadKind(examples[0])?.cure;
    return `Not used: ${count} × ${what} (${examples.join(', ')}).${cure === undefined ? '' : ` ${cure}`}`;
  });
  const help = [thrown.help, ...unused].filter((part) => part !== undefined).join('\n  ');
  return new TandemError({ code: thrown.code, message: thrown.message, help, cause: thrown });
}

const groupsDropped = 'groups left away, because at most half of the pairs have one';

interface WriteOptions {
  readonly writer: SplitWriter;
  readonly book: AccountBook;
  readonly images: CheckOptions;
  readonly onSample: (stored: number, skipped: number) => void;
}

/** Writes samples in their order; several images are checked concurrently. */
async function writeSamples(samples: SampleSource, { writer, book, images, onSample }: WriteOptions): Promise<void> {
  let stored = 0;
  let skipped = 0;
  const checkedSamples = pMapIterable(samples, (sample) => checkSample(sample, images), {
    concurrency: imagesInFlight,
  });
  for await (const checked of checkedSamples) {
    const bad = checked.kind === 'usable' ? await tryAdd(writer, checked, stored) : checked;
    if (bad) {
      writer.skip(bad.origin, bad.reason);
      book.leaveOut(bad.origin, bad.reason);
      skipped++;
    } else if (checked.kind === 'usable') {
      const { origin, shortestSide, changes, sample } = checked;
      const { captions, image } = sample;
      book.take({ origin, shortestSide, changes, captions, imageBytes: image.byteLength });
      stored++;
    }
    onSample(stored, skipped);
  }
}

/** The writer may leave out pairs at its end, which it had taken before. */
function accountOf(book: AccountBook, written: readonly DatasetManifest[]): PrepareAccount {
  const account = book.account();
  const pairs = written.reduce((sum, manifest) => sum + manifest.pairs, 0);
  const late = account.pairs - pairs;
  if (late === 0) return account;
  const listed = written.flatMap(({ skipped }) => skipped.samples).filter(({ reason }) => reason === noGroup);
  const examples = listed.slice(0, examplesMax).map(({ key }) => key);
  return { ...account, pairs, leftOut: [...account.leftOut, { what: noGroup, count: late, examples }] };
}

async function refuseExisting(target: Store, replace: boolean): Promise<void> {
  if (replace || (await target.size(manifestKey)) === undefined) return;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `Expected no data set at ${target.url}, found one.`,
    help: 'Choose another place, or say that it is to be replaced (--replace).',
  });
}

/** The samples, once the first of them has been asked for. */
async function begun(samples: SampleSource): Promise<SampleSource> {
  const iterator = samples[Symbol.asyncIterator]();
  let next = await iterator.next();
  return (async function* () {
    try {
      for (; !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  })();
}

/**
 * Removes an earlier data set, its manifest first, so that a half-removed data set is never taken for a complete one.
 */
export async function clearTarget(target: Store): Promise<void> {
  if ((await target.size(manifestKey)) === undefined) return;
  await target.remove(manifestKey);
  await target.remove(groupsKey);
  for await (const key of target.list('shard-')) await target.remove(key);
}

const imagesInFlight = 16;

function samplesOf(source: PrepareSource, report: SourceReport): SampleSource {
  switch (source.kind) {
    case 'table':
      return tableSamples(source, report);
    case 'folder':
      return folderSamples(source, report);
    case 'tar':
      return tarSamples(source, report);
  }
}

/** Undefined if the sample was added. */
async function tryAdd(
  writer: SplitWriter,
  { origin, sample, isHeldOut }: Extract<CheckedSample, { kind: 'usable' }>,
  number: number,
): Promise<BadSample | undefined> {
  try {
    await writer.add({ ...sample, key: keyOf(number, origin) }, isHeldOut);
    return undefined;
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
