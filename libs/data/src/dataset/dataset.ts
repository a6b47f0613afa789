import { LRUCache } from 'lru-cache';
import { getAtMost } from '#store/get-at-most.js';
import type { Store } from '#store/store.js';
import { datasetGroupsBytesMax, datasetManifestBytesMax } from '#protocol/input/input-limits.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { sha256 } from './canonical-json.js';
import {
  datasetManifestSchema,
  GROUPS_KEY,
  groupsDocumentSchema,
  MANIFEST_KEY,
  parseDocument,
  type DatasetManifest,
  type Licence,
  type SkippedAtBuild,
} from './dataset-manifest.js';
import { decodeImage } from '../image/decode-image.js';
import { pairHash } from './pair-hash.js';
import { pairGroups, type PairGroups } from './pair-groups.js';
import type { DecodedSample, Sample } from './sample.js';
import { shardReader, type ShardReader } from './shard-reader.js';

/** Pairs of images and captions that can be read in any order. */
export interface Dataset {
  readonly name: string;
  readonly pairs: number;
  readonly groups: PairGroups | undefined;
  readonly licences: readonly Licence[];
  readonly skippedAtBuild: SkippedAtBuild;
  /** A missing or shortened shard is an error; what is inside the image's file is not looked at. */
  sample(index: number): Promise<Sample>;
  /**
   * As `sample`, the image decoded with its shorter side at most `shortestSide` pixels, and kept while there is room.
   */
  decoded(index: number, shortestSide: number): Promise<DecodedSample>;
  /** All captions of all pairs, in order. */
  captions(): AsyncIterable<string>;
}

/** How much of a data set may be held in memory (invariant L1). */
export interface DatasetLimits {
  /** Decoded pixels kept. */
  readonly decodedBytes: number;
  /** Tar files are kept in memory if together they are no larger than this, else every image is a read of its own. */
  readonly tarBytes: number;
  /** Shards whose index is kept. */
  readonly openShards: number;
}

export const defaultDatasetLimits: DatasetLimits = {
  decodedBytes: 256 * 2 ** 20,
  tarBytes: 128 * 2 ** 20,
  openShards: 64,
};

/**
 * Open the data set that `store` is rooted at. Errors: NOT_FOUND where there is none, DATA_INVALID where it is not one.
 */
export async function openDataset(store: Store, limits: DatasetLimits = defaultDatasetLimits): Promise<Dataset> {
  const manifest = await readManifest(store);
  const groups = await readGroups(store, manifest);
  const keepTar = manifest.shards.reduce((bytes, shard) => bytes + shard.tar.bytes, 0) <= limits.tarBytes;
  // A value that is pushed out while it loads still goes to those who wait for it: `ignoreFetchAbort`.
  const readers = new LRUCache<number, ShardReader>({
    max: limits.openShards,
    fetchMethod: (shard) => shardReader(store, shardOf(manifest, shard), keepTar),
    ignoreFetchAbort: true,
  });
  const decodedSamples = new LRUCache<string, DecodedSample, { index: number; shortestSide: number }>({
    maxSize: Math.max(1, limits.decodedBytes), // It takes no 0; one byte holds no sample either.
    sizeCalculation: bytesHeld,
    fetchMethod: async (_key, _stale, { context: { index, shortestSide } }) =>
      decode(await sample(index), shortestSide),
    ignoreFetchAbort: true,
  });
  const firstPairs = firstPairOfEach(manifest);

  async function sample(index: number): Promise<Sample> {
    if (!(index >= 0 && index < manifest.pairs))
      throw new RangeError(`sample: expected 0 <= index < ${manifest.pairs}, got ${index}`);
    const shard = shardHolding(firstPairs, index);
    return (await readers.forceFetch(shard)).sample(index - (firstPairs[shard] as number));
  }

  return {
    name: manifest.name,
    pairs: manifest.pairs,
    groups,
    licences: manifest.licences,
    skippedAtBuild: manifest.skipped,
    sample,
    decoded: (index, shortestSide) =>
      decodedSamples.forceFetch(`${index} ${shortestSide}`, { context: { index, shortestSide } }),
    async *captions() {
      for (let shard = 0; shard < manifest.shards.length; shard++) {
        for (const { captions } of (await readers.forceFetch(shard)).index) yield* captions;
      }
    },
  };
}

async function readManifest(store: Store): Promise<DatasetManifest> {
  const bytes = await getAtMost(store, MANIFEST_KEY, datasetManifestBytesMax).catch((cause: unknown) => {
    if (!(cause instanceof TandemError && cause.code === ErrorCode.NotFound)) throw cause;
    throw new TandemError({
      code: ErrorCode.NotFound,
      message: `Expected a data set at ${store.url}, found no ${MANIFEST_KEY} there.`,
      help: 'Make one with `tandem dataset prepare`, or correct the path in the run document.',
      cause,
    });
  });
  const manifest = parseDocument(datasetManifestSchema, bytes, `${store.url}/${MANIFEST_KEY}`);
  const inShards = manifest.shards.reduce((sum, { pairs }) => sum + pairs, 0);
  if (inShards === manifest.pairs) return manifest;
  throw new TandemError({
    code: ErrorCode.DataInvalid,
    message:
      `Expected the shards of ${store.url}/${MANIFEST_KEY} to hold its ${manifest.pairs} pairs, got ` + `${inShards}.`,
    help: 'The data set was changed or copied in part: copy or prepare it again.',
  });
}

async function readGroups(store: Store, manifest: DatasetManifest): Promise<PairGroups | undefined> {
  if (!manifest.groups) return undefined;
  const url = `${store.url}/${GROUPS_KEY}`;
  const bytes = await getAtMost(store, GROUPS_KEY, datasetGroupsBytesMax);
  const { names, ofPair } = parseDocument(groupsDocumentSchema, bytes, url);
  if (sha256(bytes) !== manifest.groups.sha256 || ofPair.length !== manifest.pairs) {
    throw new TandemError({
      code: ErrorCode.DataInvalid,
      message:
        `Expected ${url} as ${MANIFEST_KEY} describes it, of ${manifest.pairs} pairs, got another file ` +
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

function firstPairOfEach({ shards }: DatasetManifest): number[] {
  let next = 0;
  return shards.map(({ pairs }) => (next += pairs) - pairs);
}

/** The last shard whose first pair is at or before `index`. */
function shardHolding(firstPairs: readonly number[], index: number): number {
  let [low, high] = [0, firstPairs.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((firstPairs[middle] as number) <= index) low = middle;
    else high = middle - 1;
  }
  return low;
}

function shardOf(manifest: DatasetManifest, shard: number): DatasetManifest['shards'][number] {
  return manifest.shards[shard] as DatasetManifest['shards'][number];
}
