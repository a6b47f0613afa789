import { createHash } from 'node:crypto';
import { datasetGroupsBytesMax, shardIndexBytesMax } from '#protocol/input/input-limits.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { getAtMost } from '#store/get-at-most.js';
import type { Store } from '#store/store.js';
import { readManifest } from '../dataset/dataset.js';
import {
  groupsDocumentSchema,
  groupsKey,
  parseDocument,
  shardIndexSchema,
  type DatasetManifest,
  type IndexedSample,
} from '../dataset/dataset-manifest.js';
import { decodeImage } from '../image/decode-image.js';

/** A file of a data set that is not as the manifest says. */
export interface DamagedFile {
  readonly key: string;
  readonly problem: string;
  /** Pairs whose picture can no longer be decoded, or is not there. */
  readonly lostPairs: readonly string[];
}

export interface Verification {
  readonly name: string;
  readonly pairs: number;
  readonly files: number;
  readonly bytes: number;
  readonly damaged: readonly DamagedFile[];
}

type Blob = { readonly key: string; readonly bytes: number; readonly sha256: string };
type Shard = DatasetManifest['shards'][number];

/**
 * Reads all of a data set and compares every file with its size and sha256 in the manifest, and every index with its
 * tar. What is damaged is named, and the rest is read all the same. Throws NOT_FOUND and DATA_INVALID only where there
 * is no manifest that can be read.
 */
export async function verifyDataset(
  store: Store,
  onProgress: (share: number) => void = () => undefined,
): Promise<Verification> {
  const { manifest } = await readManifest(store);
  const groups = manifest.groups ? [{ key: groupsKey, ...manifest.groups }] : [];
  const files: Blob[] = [...groups, ...manifest.shards.flatMap(({ tar, index }) => [index, tar])];
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const damaged: DamagedFile[] = [];
  let read = 0;
  const passed = (bytes: number): void => onProgress((read += bytes) / Math.max(1, total));
  for (const blob of groups) await checkGroups(store, blob, manifest, damaged);
  for (const shard of manifest.shards) await checkShard(store, shard, damaged, passed);
  return { name: manifest.name, pairs: manifest.pairs, files: files.length, bytes: total, damaged };
}

async function checkGroups(
  store: Store,
  blob: Blob,
  { pairs, groups }: DatasetManifest,
  damaged: DamagedFile[],
): Promise<void> {
  const problem = await problemOf(store, blob, async () => {
    const bytes = await getAtMost(store, blob.key, datasetGroupsBytesMax);
    const { names, ofPair } = parseDocument(groupsDocumentSchema, bytes, `${store.url}/${blob.key}`);
    if (ofPair.length !== pairs || names.length !== groups?.count || ofPair.some((group) => group >= names.length))
      return 'It does not fit the number of pairs and groups in the manifest';
    return undefined;
  });
  if (problem !== undefined) damaged.push({ key: blob.key, problem, lostPairs: [] });
}

async function checkShard(
  store: Store,
  { tar, index, pairs }: Shard,
  damaged: DamagedFile[],
  passed: (bytes: number) => void,
): Promise<void> {
  let samples: readonly IndexedSample[] = [];
  const ofIndex = await problemOf(store, index, async () => {
    const bytes = await getAtMost(store, index.key, shardIndexBytesMax);
    samples = parseDocument(shardIndexSchema, bytes, `${store.url}/${index.key}`).samples;
    if (samples.length !== pairs) return `It has ${samples.length} pairs, the manifest ${pairs}`;
    const outside = samples.find(({ image }) => image.offset + image.bytes > tar.bytes);
    return outside && `The picture of ${outside.key} would be beyond the end of the tar`;
  });
  passed(index.bytes);
  if (ofIndex !== undefined) damaged.push({ key: index.key, problem: ofIndex, lostPairs: [] });
  const ofTar = await problemOf(store, tar);
  passed(tar.bytes);
  if (ofTar !== undefined)
    damaged.push({ key: tar.key, problem: ofTar, lostPairs: await lostPairs(store, tar.key, samples) });
}

/** What is wrong with a file; `look` is asked where size and sha256 are right. */
async function problemOf(
  store: Store,
  { key, bytes, sha256 }: Blob,
  look: () => Promise<string | undefined> = async () => undefined,
): Promise<string | undefined> {
  try {
    const hash = createHash('sha256');
    let size = 0;
    for await (const piece of store.getPieces(key)) {
      hash.update(piece);
      size += piece.byteLength;
    }
    if (size !== bytes) return `It has ${size} bytes; ${bytes} were written`;
    const found = hash.digest('hex');
    return found === sha256 ? await look() : `Its sha256 is ${found}; ${sha256} was written`;
  } catch (thrown) {
    if (!(thrown instanceof TandemError)) throw thrown;
    return thrown.code === ErrorCode.NotFound ? 'It is missing' : thrown.message;
  }
}

async function lostPairs(store: Store, key: string, samples: readonly IndexedSample[]): Promise<string[]> {
  const lost: string[] = [];
  for (const { key: pair, image } of samples)
    try {
      const bytes = await store.getRange(key, image.offset, image.bytes);
      if (bytes.byteLength < image.bytes) lost.push(pair);
      else await decodeImage(bytes);
    } catch (thrown) {
      if (!(thrown instanceof TandemError)) throw thrown;
      lost.push(pair);
    }
  return lost;
}
