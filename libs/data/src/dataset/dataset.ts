import { LRUCache } from 'lru-cache';
import type { BlobCache } from '#store/blob-cache.js';
import { getAtMost } from '#store/get-at-most.js';
import type { Store } from '#store/store.js';
import { datasetGroupsBytesMax, datasetManifestBytesMax } from '#protocol/input/input-limits.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { lastAtOrBefore, startsOf } from '../sampling/ascending.js';
import { canonicalJson, sha256 } from './canonical-json.js';
import {
  datasetManifestSchema,
  groupsKey,
  groupsDocumentSchema,
  manifestKey,
  parseDocument,
  type DatasetManifest,
  type IndexedSample,
  type Licence,
  type SkippedAtBuild,
} from './dataset-manifest.js';
import { decodeImage } from '../image/decode-image.js';
import { pairHash } from './pair-hash.js';
import { pairGroups, type PairGroups } from './pair-groups.js';
import type { DecodedSample, Sample } from './sample.js';
import { shardReader, type ShardReader } from './shard-reader.js';

/** A data set of image-caption pairs that can be read in any order. */
export interface Dataset {
  readonly name: string;
  /**
   * sha256 of what its pairs are, in their order: of the hashes of its shards. Its name and its groups are left out.
   */
  readonly hash: string;
  /** sha256 of its manifest: another one means another data set. */
  readonly manifestHash: string;
  readonly pairs: number;
  /** Pairs of each tar file, in order. */
  readonly filePairs: readonly number[];
  readonly groups: PairGroups | undefined;
  readonly licences: readonly Licence[];
  readonly skippedAtBuild: SkippedAtBuild;
  /** Reads one pair. A missing or shortened shard is an error; the contents of the image file are not checked. */
  sample(index: number): Promise<Sample>;
  /**
   * Like `sample`, with the image decoded and reduced so that its shorter side has at most `shortestSide` pixels.
   * Decoded images are cached while there is room.
   */
  decoded(index: number, shortestSide: number): Promise<DecodedSample>;
  /** Begins to fetch the tar files of these pairs, if they are kept on disk. */
  prefetch(indices: Iterable<number>): void;
  /** Yields all captions of all pairs, in order. */
  captions(): AsyncIterable<string>;
  /** Yields what is known of the pairs without their images: those of each shard, in order. */
  indexes(): AsyncIterable<readonly IndexedSample[]>;
}

/** Limits on the memory a data set may use (invariant L1). */
export interface DatasetLimits {
  /** Bytes of decoded pixels to cache. */
  readonly decodedBytes: number;
  /**
   * If all tar files together have at most this many bytes, each is kept in memory whole; otherwise every image is read
   * separately.
   */
  readonly tarBytes: number;
  /** Number of shards whose index is cached. */
  readonly openShards: number;
  /** Where tar files are kept on disk, if all of them fit; none are if this is left out. */
  readonly cache?: BlobCache | undefined;
  /** Keep tar files also if not all of them fit: few are read at a time. */
  readonly keepsSome?: boolean;
}

export const defaultDatasetLimits: DatasetLimits = {
  decodedBytes: 256 * 2 ** 20,
  tarBytes: 128 * 2 ** 20,
  openShards: 64,
};

/**
 * Opens the data set at the root of `store`. Throws NOT_FOUND if there is none, and DATA_INVALID if it is damaged or
 * not a data set.
 */
export async function openDataset(store: Store, limits: DatasetLimits = defaultDatasetLimits): Promise<Dataset> {
  const { manifest, hash: manifestHash } = await readManifest(store);
  const groups = await readGroups(store, manifest);
  const tarBytes = manifest.shards.reduce((bytes, { tar }) => bytes + tar.bytes, 0);
  const keepsTar = tarBytes <= limits.tarBytes;
  const cache = limits.keepsSome || tarBytes <= (limits.cache?.bytesMax ?? 0) ? limits.cache : undefined;
  // A value that is pushed out while it loads still goes to those who wait for it: `ignoreFetchAbort`.
  const readers = new LRUCache<number, ShardReader>({
    max: limits.openShards,
    fetchMethod: (shard) => shardReader(store, shardOf(manifest, shard), { keepsTar, cache }),
    ignoreFetchAbort: true,
  });
  const decodedSamples = new LRUCache<string, DecodedSample, { index: number; shortestSide: number }>({
    maxSize: Math.max(1, limits.decodedBytes), // It takes no 0; one byte holds no sample either.
    sizeCalculation: bytesHeld,
    fetchMethod: async (_key, _stale, { context: { index, shortestSide } }) =>
      decode(await sample(index), shortestSide),
    ignoreFetchAbort: true,
  });
  const filePairs = manifest.shards.map(({ pairs }) => pairs);
  const firstPairs = startsOf(filePairs).subarray(0, -1);

  async function sample(index: number): Promise<Sample> {
    if (!(index >= 0 && index < manifest.pairs))
      throw new RangeError(`sample: expected 0 <= index < ${manifest.pairs}, got ${index}`);
    const shard = lastAtOrBefore(firstPairs, index);
    return (await readers.forceFetch(shard)).sample(index - firstPairs[shard]!);
  }

  async function* indexes(): AsyncGenerator<readonly IndexedSample[]> {
    for (let shard = 0; shard < manifest.shards.length; shard++) yield (await readers.forceFetch(shard)).index;
  }

  return {
    name: manifest.name,
    hash: sha256(canonicalJson(manifest.shards.map(({ tar, index }) => [tar.sha256, index.sha256]))),
    manifestHash,
    pairs: manifest.pairs,
    filePairs,
    groups,
    licences: manifest.licences,
    skippedAtBuild: manifest.skipped,
    sample,
    decoded: (index, shortestSide) =>
      decodedSamples.forceFetch(`${index} ${shortestSide}`, { context: { index, shortestSide } }),
    prefetch(indices) {
      if (keepsTar || !cache) return;
      const shards = new Set(Array.from(indices, (index) => lastAtOrBefore(firstPairs, index)));
      for (const shard of shards) cache.prefetch({ store, ...shardOf(manifest, shard).tar });
    },
    async *captions() {
      for await (const index of indexes()) for (const { captions } of index) yield* captions;
    },
    indexes,
  };
}

/** Throws NOT_FOUND where there is none, and DATA_INVALID where it is damaged. `hash`: sha256 of its bytes. */
export async function readManifest(
  store: Store,
): Promise<{ readonly manifest: DatasetManifest; readonly hash: string }> {
  const bytes = await getAtMost(store, manifestKey, datasetManifestBytesMax).catch((cause: unknown) => {
    if (!(cause instanceof TandemError && cause.code === ErrorCode.NotFound)) throw cause;
    throw new TandemError({
      code: ErrorCode.NotFound,
      message: `Expected a data set at ${store.url}, found no ${manifestKey} there.`,
      help: 'Make one with `tandem dataset prepare`, or correct the path in the run document.',
      cause,
    });
  });
  const manifest = parseDocument(datasetManifestSchema, bytes, `${store.url}/${manifestKey}`);
  const inShards = manifest.shards.reduce((sum, { pairs }) => sum + pairs, 0);
  if (inShards === manifest.pairs) return { manifest, hash: sha256(bytes) };
  throw new TandemError({
    code: ErrorCode.DataInvalid,
    message:
      `Expected the shards of ${store.url}/${manifestKey} to hold its ${manifest.pairs} pairs, got ` + `${inShards}.`,
    help: 'The data set was changed or copied in part: copy or prepare it again.',
  });
}

async function readGroups(store: Store, manifest: DatasetManifest): Promise<PairGroups | undefined> {
  if (!manifest.groups) return undefined;
  const url = `${store.url}/${groupsKey}`;
  const bytes = await getAtMost(store, groupsKey, datasetGroupsBytesMax);
  const { names, ofPair } = parseDocument(groupsDocumentSchema, bytes, url);
  if (sha256(bytes) !== manifest.groups.sha256 || ofPair.length !== manifest.pairs) {
    throw new TandemError({
      code: ErrorCode.DataInvalid,
      message:
        `Expected ${url} as ${manifestKey} describes it, of ${manifest.pairs} pairs, got another file ` +
        `of ${ofPair.length} pairs.`,
      help: 'The data set was changed or copied in part: copy or prepare it again.',
    });
  }
  const outside = ofPair.findIndex((group) => group >= names.length);
  if (outside >= 0) {
    throw new TandemError({
      code: ErrorCode.DataInvalid,
      message:
        `Expected every pair in ${url} in one of its ${names.length} groups, 0 to ${names.length - 1}, ` +
        `got pair ${outside} in group ${ofPair[outside]}.`,
      help: 'Prepare the data set again with `tandem dataset prepare`.',
    });
  }
  return pairGroups(names, Int32Array.from(ofPair));
}

async function decode({ key, image, captions }: Sample, shortestSide: number): Promise<DecodedSample> {
  try {
    return { kind: 'decoded', key, image: await decodeImage(image, shortestSide), imageKey: pairHash(image), captions };
  } catch (thrown) {
    if (thrown instanceof TandemError && thrown.code === ErrorCode.DataInvalid)
      return { kind: 'unreadable', key, reason: thrown.message };
    throw thrown;
  }
}

function bytesHeld(sample: DecodedSample): number {
  const bookkeeping = 1024;
  return bookkeeping + (sample.kind === 'decoded' ? sample.image.pixels.byteLength : 0);
}

function shardOf(manifest: DatasetManifest, shard: number): DatasetManifest['shards'][number] {
  return manifest.shards[shard]!;
}
