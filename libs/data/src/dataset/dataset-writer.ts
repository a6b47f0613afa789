import { pack } from 'tar-stream';
import { buffer } from 'node:stream/consumers';
import type { Store } from '#store/store.js';
import { groupBytesMax, imageFileBytesMax, shardIndexBytesMax } from '#protocol/input/input-limits.js';
import { bytesText } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { canonicalJson, sha256, type Json } from './canonical-json.js';
import {
  datasetVersion,
  groupsKey,
  manifestKey,
  type DatasetManifest,
  type IndexedSample,
  type Licence,
  type SkippedAtBuild,
} from './dataset-manifest.js';

/** A pair to be stored. */
export interface NewSample {
  /** Unique name of the pair, without a dot, because a webdataset key ends at the first dot. */
  readonly key: string;
  readonly image: Uint8Array;
  readonly extension: 'webp' | 'jpg' | 'png';
  readonly captions: readonly string[];
  /** Either all pairs of a data set have a group or none has. */
  readonly group?: string;
}

export interface DatasetWriter {
  add(sample: NewSample): Promise<void>;
  /** Counts a sample that was left out. The first reasons are kept in the manifest. */
  skip(key: string, reason: string): void;
  /** Writes the last shard and finally the manifest. */
  finish(): Promise<DatasetManifest>;
}

export interface DatasetWriterOptions {
  readonly name: string;
  readonly licences: readonly Licence[];
  /** A shard is closed once its images have this many bytes in total. */
  readonly shardBytes?: number;
}

const skipsListedMax = 1000;
/** Longest key and longest reason of a skipped sample, in characters: the manifest must stay below its size limit. */
const skipTextLengthMax = 1000;

/** Writes a data set into a store of its own. The same samples in the same order give the same bytes. */
export function datasetWriter(
  store: Store,
  { name, licences, shardBytes = 64 * 2 ** 20 }: DatasetWriterOptions,
): DatasetWriter {
  const shards: DatasetManifest['shards'] = [];
  const skipped: SkippedAtBuild = { count: 0, samples: [] };
  const groups = groupNumbers();
  const keys = new Set<string>();
  let waiting: NewSample[] = [];
  let waitingBytes = 0;
  let indexBytes = 0;

  async function closeShard(): Promise<void> {
    if (waiting.length === 0) return;
    const { tar, index } = await packShard(waiting);
    const stem = `shard-${String(shards.length).padStart(6, '0')}`;
    const tarKey = `${stem}.tar`;
    const indexKey = `${stem}.index.json`;
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

  return {
    async add(sample) {
      checkSample(sample, keys);
      groups.add(sample, keys.size);
      keys.add(sample.key);
      waiting.push(sample);
      waitingBytes += sample.image.byteLength;
      indexBytes += indexEntryBytesMax + JSON.stringify(sample.captions).length * utf8BytesMax;
      // Many small images with long captions would make the index larger than its reader accepts.
      if (waitingBytes >= shardBytes || indexBytes >= shardIndexBytesMax / 2) await closeShard();
    },
    skip(key, reason) {
      skipped.count++;
      if (skipped.samples.length < skipsListedMax)
        skipped.samples.push({ key: key.slice(0, skipTextLengthMax), reason: reason.slice(0, skipTextLengthMax) });
    },
    async finish() {
      await closeShard();
      if (keys.size === 0) throw noPairs(name, skipped);
      const groupsDocument = groups.document();
      if (groupsDocument) await store.put(groupsKey, groupsDocument.bytes);
      const manifest: DatasetManifest = {
        format: 'tandem-dataset',
        version: datasetVersion,
        name,
        pairs: keys.size,
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

/** Packs a tar with `key.webp` (or jpg, png) and `key.json` for each sample, and the index of the tar. */
async function packShard(samples: readonly NewSample[]): Promise<{ tar: Uint8Array; index: Uint8Array }> {
  const tar = pack();
  const written = buffer(tar);
  const entries: IndexedSample[] = [];
  let offset = 0;

  function addMember(member: string, bytes: Uint8Array): { member: string; offset: number; bytes: number } {
    // No owner and no time, so that equal samples give equal bytes.
    tar.entry({ name: member, mode: 0o644, uid: 0, gid: 0, mtime: new Date(0) }, Buffer.from(bytes));
    const place = { member, offset: offset + tarBlockBytes, bytes: bytes.byteLength };
    offset += tarBlockBytes + Math.ceil(bytes.byteLength / tarBlockBytes) * tarBlockBytes;
    return place;
  }

  for (const { key, extension, image, captions, group } of samples) {
    const sidecar = group === undefined ? { captions: [...captions] } : { captions: [...captions], group };
    entries.push({ key, image: addMember(`${key}.${extension}`, image), ...sidecar });
    addMember(`${key}.json`, jsonBytes(sidecar));
  }
  tar.finalize();
  return {
    tar: await written,
    index: jsonBytes({ format: 'tandem-shard-index', version: datasetVersion, samples: entries }),
  };
}

const tarBlockBytes = 512;
/** Upper bound in bytes for an index entry without its captions: names, offsets and the group. */
const indexEntryBytesMax = 512 + groupBytesMax;
/** A UTF-16 code unit takes at most this many bytes in UTF-8. */
const utf8BytesMax = 3;
/** A longer name would need a second header in the tar. */
const keyLengthMax = 90;

function checkSample({ key, captions, image }: NewSample, keys: ReadonlySet<string>): void {
  const problem = !/^[A-Za-z0-9_-]+$/.test(key)
    ? 'expected a key of letters, digits, _ and -'
    : key.length > keyLengthMax
      ? `expected a key of at most ${keyLengthMax} characters`
      : keys.has(key)
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

/** Numbers the groups in order of first appearance. */
function groupNumbers(): {
  add(sample: NewSample, pairsBefore: number): void;
  document(): { bytes: Uint8Array; count: number } | undefined;
} {
  const numbers = new Map<string, number>();
  const ofPair: number[] = [];
  return {
    add({ key, group }, pairsBefore) {
      if (pairsBefore > 0 && (group === undefined) !== (ofPair.length === 0)) {
        const expected =
          group === undefined
            ? 'a group, as the pairs before it have one'
            : 'no group, as the pairs before it have none';
        throw new TandemError({
          code: ErrorCode.DataInvalid,
          message: `Expected ${expected}, at pair "${key}".`,
          help: 'Give every pair of the data set a group, or none.',
        });
      }
      if (group === undefined) return;
      const number = numbers.get(group) ?? numbers.size;
      numbers.set(group, number);
      ofPair.push(number);
    },
    document: () =>
      ofPair.length === 0
        ? undefined
        : { bytes: jsonBytes({ names: [...numbers.keys()], ofPair }), count: numbers.size },
  };
}

function describe(bytes: Uint8Array): { bytes: number; sha256: string } {
  return { bytes: bytes.byteLength, sha256: sha256(bytes) };
}

function jsonBytes(value: Json): Uint8Array {
  return new TextEncoder().encode(canonicalJson(value));
}

function noPairs(name: string, { count, samples }: SkippedAtBuild): TandemError {
  const first = samples[0] ? `; the first of ${count} skipped: ${samples[0].key}: ${samples[0].reason}` : '';
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Expected pairs for data set "${name}", got none${first}.`,
    help: 'Check that the source names images that exist and captions for them.',
  });
}
