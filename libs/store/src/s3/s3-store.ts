import { randomUUID } from 'node:crypto';
import type { ListObjectsV2CommandOutput, S3 } from '@aws-sdk/client-s3';
import { openS3Client } from './s3-client.js';
import { download, downloadPieces, downloadRange } from './s3-download.js';
import { s3Error } from './s3-error.js';
import type { S3Action } from './s3-error.js';
import type { S3Access, S3Location } from './s3-location.js';
import { absent, type S3Object } from './s3-object.js';
import { upload, uploadOnce, uploadPieces } from './s3-upload.js';
import { checkKey, checkPrefix, checkRemovable, isKey } from '../store-key.js';
import { probeStore } from '../store-probe.js';
import type { Store } from '../store.js';
import { joinUrl } from '../store-url.js';

/** S3's limit of keys a DeleteObjects. */
const keysPerRemoval = 1000;

/** A store below a bucket's prefix. What S3 has taken is durable; a blob appears whole, when its upload has ended. */
export function openS3Store(location: S3Location, access: S3Access): Store {
  const { bucket: Bucket, url } = location;
  const root = location.prefix === '' ? '' : `${location.prefix}/`;
  let client: Promise<S3> | undefined;

  /** Do `use`, with what it throws made an error that names blob and cure. */
  async function request<Result>(doing: S3Action, key: string, use: (s3: S3) => Promise<Result>): Promise<Result> {
    try {
      return await use(await (client ??= openS3Client(location, access)));
    } catch (error) {
      throw s3Error(error, doing, joinUrl(url, key), location);
    }
  }

  async function at<Result>(
    key: string,
    doing: S3Action,
    use: (s3: S3, object: S3Object) => Promise<Result>,
  ): Promise<Result> {
    checkKey(key);
    return request(doing, key, (s3) => use(s3, { Bucket, Key: root + key }));
  }

  /** The pages of a listing; what has `delimiter` after the prefix is only counted among the common prefixes. */
  async function* pages(prefix: string, delimiter?: string): AsyncIterable<ListObjectsV2CommandOutput> {
    const Prefix = root + prefix;
    const where = { Bucket, Prefix, ...(delimiter !== undefined && { Delimiter: delimiter }) };
    let from: string | undefined;
    do {
      const continued = from === undefined ? {} : { ContinuationToken: from };
      const page = await request('list', prefix, (s3) => s3.listObjectsV2({ ...where, ...continued }));
      yield page;
      from = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (from !== undefined);
  }

  const store: Store = {
    url,

    put: (key, bytes) => at(key, 'write', (s3, object) => upload(s3, object, bytes)),

    putPieces: (key, pieces) => at(key, 'write', (s3, object) => uploadPieces(s3, object, pieces)),

    putIfAbsent: (key, bytes) => at(key, 'write', (s3, object) => uploadOnce(s3, object, bytes)),

    get: (key) => at(key, 'read', download),

    async *getPieces(key) {
      // A generator's own error is an error of the store; what its user throws ends it from outside.
      const pieces = await at(key, 'read', async (s3, object) => downloadPieces(s3, object));
      try {
        yield* pieces;
      } catch (error) {
        throw s3Error(error, 'read', joinUrl(url, key), location);
      }
    },

    getRange: (key, offset, length) => at(key, 'read', (s3, object) => downloadRange(s3, object, offset, length)),

    size: (key) =>
      at(key, 'read', async (s3, object) => {
        const found = await s3.headObject(object).catch(absent);
        return found?.ContentLength;
      }),

    async *list(prefix) {
      checkPrefix(prefix);
      for await (const { Contents = [] } of pages(prefix)) {
        for (const { Key = '' } of Contents) {
          const key = Key.slice(root.length);
          if (isKey(key)) yield key;
        }
      }
    },

    async *folders(prefix) {
      checkPrefix(prefix);
      for await (const { CommonPrefixes = [] } of pages(prefix, '/')) {
        for (const { Prefix = '' } of CommonPrefixes) {
          const folder = Prefix.slice(root.length, -1);
          if (isKey(folder)) yield folder.slice(prefix.length);
        }
      }
    },

    async remove(key) {
      await at(key, 'remove', (s3, object) => s3.deleteObject(object));
    },

    async removeAll(prefix) {
      checkRemovable(prefix);
      const keys: string[] = [];
      for await (const key of store.list(prefix)) keys.push(key);
      while (keys.length > 0) {
        const Objects = keys.splice(0, keysPerRemoval).map((key) => ({ Key: root + key }));
        const { Errors = [] } = await request('remove', prefix, (s3) =>
          s3.deleteObjects({ Bucket, Delete: { Objects, Quiet: true } }),
        );
        const [first] = Errors;
        if (first)
          throw s3Error(
            Object.assign(new Error(first.Message), { name: first.Code }),
            'remove',
            joinUrl(url, prefix),
            location,
          );
      }
    },

    probe: () => probeStore(store, randomUUID()),

    async close() {
      await client?.then(
        (s3) => s3.destroy(),
        () => undefined,
      );
    },
  };
  return store;
}
