import type { BlobCache } from '#store/blob-cache.js';
import { getAtMost } from '#store/get-at-most.js';
import type { Store } from '#store/store.js';
import { shardIndexBytesMax } from '#protocol/input/input-limits.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { sha256 } from './canonical-json.js';
import { parseDocument, shardIndexSchema, type DatasetManifest, type IndexedSample } from './dataset-manifest.js';
import type { Sample } from './sample.js';

/** One open shard. */
export interface ShardReader {
  readonly index: readonly IndexedSample[];
  /** Reads the pair at this position in the shard. */
  sample(place: number): Promise<Sample>;
}

export interface ShardReaderOptions {
  /** Read the whole tar once and keep it in memory. */
  readonly keepsTar: boolean;
  /** Where the whole tar is kept on disk; each image is read from the store if this is left out. */
  readonly cache?: BlobCache | undefined;
}

/** Opens a shard: reads its index, checks it against the manifest and checks that the tar exists in full length. */
export async function shardReader(
  store: Store,
  shard: DatasetManifest['shards'][number],
  { keepsTar, cache }: ShardReaderOptions,
): Promise<ShardReader> {
  const [index, tarBytes] = await Promise.all([readIndex(store, shard), store.size(shard.tar.key)]);
  if (tarBytes !== shard.tar.bytes) {
    const got = tarBytes === undefined ? 'no such file' : `${tarBytes} bytes`;
    throw damaged(`${store.url}/${shard.tar.key}`, `expected ${shard.tar.bytes} bytes, got ${got}`);
  }
  let tar: Promise<Uint8Array> | undefined;

  function wholeTar(): Promise<Uint8Array> {
    tar ??= store.get(shard.tar.key).catch((thrown: unknown) => {
      tar = undefined; // The next sample tries again.
      throw thrown;
    });
    return tar;
  }

  async function bytesAt(offset: number, bytes: number): Promise<Uint8Array> {
    const read = keepsTar
      ? (await wholeTar()).subarray(offset, offset + bytes)
      : await (cache
          ? cache.getRange({ store, ...shard.tar }, offset, bytes)
          : store.getRange(shard.tar.key, offset, bytes));
    if (read.byteLength === bytes) return read;
    throw damaged(
      `${store.url}/${shard.tar.key}`,
      `expected ${bytes} bytes at offset ${offset}, got ${read.byteLength}`,
    );
  }

  return {
    index,
    async sample(place) {
      const { key, image, captions, group } = index[place]!;
      const bytes = await bytesAt(image.offset, image.bytes);
      return group === undefined ? { key, image: bytes, captions } : { key, image: bytes, captions, group };
    },
  };
}

async function readIndex(store: Store, shard: DatasetManifest['shards'][number]): Promise<readonly IndexedSample[]> {
  const url = `${store.url}/${shard.index.key}`;
  const bytes = await getAtMost(store, shard.index.key, shardIndexBytesMax).catch((cause: unknown) => {
    if (!(cause instanceof TandemError && cause.code === ErrorCode.NotFound)) throw cause;
    throw damaged(url, 'expected the index of a shard, got no such file');
  });
  if (sha256(bytes) !== shard.index.sha256)
    throw damaged(url, `expected sha256 ${shard.index.sha256}, got ${sha256(bytes)}`);
  const { samples } = parseDocument(shardIndexSchema, bytes, url);
  if (samples.length !== shard.pairs) throw damaged(url, `expected ${shard.pairs} pairs, got ${samples.length}`);
  return samples;
}

function damaged(url: string, detail: string): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `The data set is incomplete at ${url}: ${detail}.`,
    help: 'The data set was changed or copied in part: copy or prepare it again.',
  });
}
