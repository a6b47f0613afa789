import { randomUUID } from 'node:crypto';
import type { S3 } from '@aws-sdk/client-s3';
import { repeatedly } from './repeatedly.js';
import { fillFrom, isBrokenOff } from './s3-body.js';
import { openS3Client } from './s3-client.js';
import { s3Error, statusOf } from './s3-error.js';
import type { S3Action } from './s3-error.js';
import type { S3Access, S3Location } from './s3-location.js';
import { download, outside, upload } from './s3-transfer.js';
import { checkKey, checkPrefix, checkRemovable, isKey } from './store-key.js';
import { probeStore } from './store-probe.js';
import type { Store } from './store.js';
import { joinUrl } from './store-url.js';

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

  const store: Store = {
    url,

    async put(key, bytes) {
      checkKey(key);
      await request('write', key, (s3) => upload(s3, { Bucket, Key: root + key }, bytes));
    },

    async putIfAbsent(key, bytes) {
      checkKey(key);
      const writer = randomUUID();
      const write = { Bucket, Key: root + key, Body: bytes, IfNoneMatch: '*', Metadata: { writer } };
      // 409: another's write at this key has not ended, so nobody knows yet who wins.
      return request('write', key, (s3) =>
        repeatedly(() => s3.putObject(write).then(() => true), (error) => statusOf(error) === 409).catch(async (error: unknown) => {
          if (statusOf(error) !== 412) throw error;
          // We have won if the answer to our own write was lost and the SDK wrote again.
          const there = await s3.headObject({ Bucket, Key: root + key }).catch(absent);
          return there?.Metadata?.['writer'] === writer;
        }),
      );
    },

    async get(key) {
      checkKey(key);
      return request('read', key, (s3) => download(s3, { Bucket, Key: root + key }));
    },

    async getRange(key, offset, length) {
      checkKey(key);
      // An empty range cannot be asked for, and one past the end is answered by 416: both are empty if the blob is there.
      return request('read', key, async (s3) => {
        const wanted = { Bucket, Key: root + key, Range: `bytes=${offset}-${offset + length - 1}` };
        const bytes = length > 0 && (await repeatedly(async () => fillFrom(await s3.getObject(wanted)), isBrokenOff).catch(outside));
        if (bytes) return bytes;
        await s3.headObject({ Bucket, Key: root + key });
        return new Uint8Array();
      });
    },

    async size(key) {
      checkKey(key);
      return request('read', key, (s3) => s3.headObject({ Bucket, Key: root + key }).catch(absent).then((head) => head?.ContentLength));
    },

    async *list(prefix) {
      checkPrefix(prefix);
      let from: string | undefined;
      do {
        const continued = from === undefined ? {} : { ContinuationToken: from };
        const page = await request('list', prefix, (s3) => s3.listObjectsV2({ Bucket, Prefix: root + prefix, ...continued }));
        for (const { Key = '' } of page.Contents ?? []) {
          const key = Key.slice(root.length);
          if (isKey(key)) yield key;
        }
        from = page.IsTruncated ? page.NextContinuationToken : undefined;
      } while (from !== undefined);
    },

    async remove(key) {
      checkKey(key);
      await request('remove', key, (s3) => s3.deleteObject({ Bucket, Key: root + key }));
    },

    async removeAll(prefix) {
      checkRemovable(prefix);
      const keys: string[] = [];
      for await (const key of store.list(prefix)) keys.push(key);
      while (keys.length > 0) {
        const Objects = keys.splice(0, keysPerRemoval).map((key) => ({ Key: root + key }));
        const { Errors = [] } = await request('remove', prefix, (s3) => s3.deleteObjects({ Bucket, Delete: { Objects, Quiet: true } }));
        const [first] = Errors;
        if (first) throw s3Error(Object.assign(new Error(first.Message), { name: first.Code }), 'remove', joinUrl(url, prefix), location);
      }
    },

    probe: () => probeStore(store, randomUUID()),

    async close() {
      await client?.then((s3) => s3.destroy(), () => undefined);
    },
  };
  return store;
}

function absent(error: unknown): undefined {
  if (statusOf(error) !== 404) throw error;
}
