import type { Store } from '#store/store.js';
import { groupBytesMax, imageFileBytesMax, shardIndexBytesMax } from '#protocol/input/input-limits.js';
import { bytesText } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { sha256 } from './canonical-json.js';
import {
  datasetVersion,
  groupsKey,
  manifestKey,
  type DatasetManifest,
  type Licence,
  type SkippedAtBuild,
} from './dataset-manifest.js';
import { hashTable } from './hash-table.js';
import { groupNumbers, useOfGroups, type GroupCounts } from './group-numbers.js';
import { jsonBytes, packedBytes, packShard, unpackShard } from './pack-shard.js';
import type { NewSample } from './sample.js';

export interface DatasetWriter {
  add(sample: NewSample): Promise<void>;
  /** Counts a sample that was left out. The first reasons are kept in the manifest. */
  skip(key: string, reason: string): void;
  /**
   * Writes the last shard and finally the manifest. Where some pairs have a group and others none: if most have one,
   * the others are left out and listed; else the data set has no groups. `counts`: those of the whole, if this is part
   * of it.
   */
  finish(counts?: GroupCounts): Promise<DatasetManifest>;
  /** Of the pairs so far. */
  readonly counts: GroupCounts;
  /** Groups of single pairs that the data set does without, once it is finished. */
  readonly groupsDropped: number;
}

export interface DatasetWriterOptions {
  readonly name: string;
  readonly licences: readonly Licence[];
  /** A shard is closed once its tar has this many bytes. */
  readonly shardBytes?: number;
}

/** Why a pair is left out at the end, which had been taken before. */
export const noGroup = 'No group, which most pairs have.';

const skipsListedMax = 1000;
/** Longest key and longest reason of a skipped sample, in characters: the manifest must stay below its size limit. */
const skipTextLengthMax = 1000;

/** A shard is closed once it has this many pairs, however small they are; img2dataset closes its shards there too. */
const shardPairsMax = 10_000;

/**
 * Writes a data set into a store of its own. The same samples in the same order give the same bytes. Memory: a shard,
 * twice while it is packed, and less than 100 bytes a pair.
 */
export function datasetWriter(
  store: Store,
  { name, licences, shardBytes = 64 * 2 ** 20 }: DatasetWriterOptions,
): DatasetWriter {
  const shards: DatasetManifest['shards'] = [];
  const skipped: SkippedAtBuild = { count: 0, samples: [] };
  const keys = hashTable();
  let pairs = 0;
  let groups = groupNumbers();
  let groupsDropped = 0;
  let waiting: NewSample[] = [];
  let waitingBytes = 0;
  let indexBytes = 0;

  async function closeShard(): Promise<void> {
    if (waiting.length === 0) return;
    const { tar, index } = await packShard(waiting);
    const { tarKey, indexKey } = shardKeys(shards.length);
    await store.put(tarKey, tar);
    await store.put(indexKey, index);
    shards.push({
      pairs: waiting.length,
      tar: { key: tarKey, ...describe(tar) },
      index: { key: indexKey, ...describe(index) },
    });
    waiting = [];
    waitingBytes = 0;
    indexBytes = 0;
  }

  async function append(sample: NewSample): Promise<void> {
    groups.add(sample.group);
    waiting.push(sample);
    pairs++;
    waitingBytes += packedBytes(sample);
    indexBytes += indexEntryBytesMax + JSON.stringify(sample.captions).length * utf8BytesMax;
    // Many small images with long captions would make the index larger than its reader accepts.
    if (waitingBytes >= shardBytes || waiting.length >= shardPairsMax || indexBytes >= shardIndexBytesMax / 2)
      await closeShard();
  }

  function skip(key: string, reason: string): void {
    skipped.count++;
    if (skipped.samples.length < skipsListedMax)
      skipped.samples.push({ key: shortText(key), reason: shortText(reason) });
  }

  /**
   * Packs the shards again without the pairs that have no group. A shard is read before anything takes its place,
   * because what is written never comes before what is read.
   */
  async function leaveOutBare(): Promise<void> {
    const before = shards.splice(0);
    groups = groupNumbers();
    pairs = 0;
    for (const { tar, index } of before) {
      const packed = { tar: await store.get(tar.key), index: await store.get(index.key) };
      for (const sample of unpackShard(packed, store.url)) {
        if (sample.group !== undefined) await append(sample);
        else skip(sample.key, noGroup);
      }
    }
    await closeShard();
    for (let left = shards.length; left < before.length; left++)
      for (const key of Object.values(shardKeys(left))) await store.remove(key);
  }

  return {
    get counts() {
      return groups.counts;
    },
    get groupsDropped() {
      return groupsDropped;
    },
    async add(sample) {
      const slot = keys.slotOf(sample.key);
      checkSample(sample, keys.get(slot) > 0);
      keys.set(slot, 1);
      await append(sample);
    },
    skip,
    async finish(counts = groups.counts) {
      await closeShard();
      const use = useOfGroups(counts);
      if (use === 'leave out bare') await leaveOutBare();
      if (pairs === 0) throw noPairs(name, skipped);
      groupsDropped = use === 'none' ? groups.counts.grouped : 0;
      const groupsDocument = use === 'none' ? undefined : groups.document();
      if (groupsDocument) await store.put(groupsKey, groupsDocument.bytes);
      const manifest: DatasetManifest = {
        format: 'tandem-dataset',
        version: datasetVersion,
        name,
        pairs,
        shards,
        groups: groupsDocument ? { count: groupsDocument.count, ...describe(groupsDocument.bytes) } : null,
        licences: [...licences],
        skipped,
      };
      await store.put(manifestKey, jsonBytes(manifest), { durable: true });
      return manifest;
    },
  };
}

function shardKeys(number: number): { readonly tarKey: string; readonly indexKey: string } {
  const stem = `shard-${String(number).padStart(6, '0')}`;
  return { tarKey: `${stem}.tar`, indexKey: `${stem}.index.json` };
}

/** Cut without halving a character, which no JSON reader takes. */
function shortText(text: string): string {
  return text.slice(0, skipTextLengthMax).toWellFormed();
}

/** Upper bound in bytes for an index entry without its captions: names, offsets and the group. */
const indexEntryBytesMax = 512 + groupBytesMax;
/** A UTF-16 code unit takes at most this many bytes in UTF-8. */
const utf8BytesMax = 3;
/** A longer name would need a second header in the tar. */
const keyLengthMax = 90;

function checkSample({ key, captions, image }: NewSample, isTaken: boolean): void {
  const problem = !/^[A-Za-z0-9_-]+$/.test(key)
    ? 'expected a key of letters, digits, _ and -'
    : key.length > keyLengthMax
      ? `expected a key of at most ${keyLengthMax} characters`
      : isTaken
        ? 'expected a key that no other pair has'
        : captions.length === 0
          ? 'expected at least one caption'
          : image.byteLength === 0
            ? 'expected an image, got no bytes'
            : image.byteLength > imageFileBytesMax
              ? `expected an image of at most ${bytesText(imageFileBytesMax)}, got ${bytesText(image.byteLength)}`
              : undefined;
  if (problem === undefined) return;
  throw new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Pair "${key}" cannot be stored: ${problem}.`,
    context: { sample: key },
  });
}

function describe(bytes: Uint8Array): { bytes: number; sha256: string } {
  return { bytes: bytes.byteLength, sha256: sha256(bytes) };
}

function noPairs(name: string, { count, samples }: SkippedAtBuild): TandemError {
  const first = samples[0]
    ? `; the first of ${count} skipped: ${samples[0].key}: ${samples[0].reason.replace(/\.$/, '')}`
    : '';
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Expected pairs for data set "${name}", got none${first}.`,
    help:
      'Check that the source names images that exist and captions for them. `--caption-from name` (or folder) makes ' +
      'captions of the names in a folder.',
  });
}
