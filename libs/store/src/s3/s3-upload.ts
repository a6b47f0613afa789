import { randomUUID } from 'node:crypto';
import type { S3 } from '@aws-sdk/client-s3';
import { repeatedly } from '../repeatedly.js';
import { nameOf, statusOf } from './s3-error.js';
import { absent, type S3Object } from './s3-object.js';
import { inFlight, partBytes, partsFrom, partsOf } from './s3-parts.js';
import type { Pieces } from '../store.js';

/** Write or replace an object, which appears whole when its last part has arrived. */
export async function upload(s3: S3, to: S3Object, bytes: Uint8Array): Promise<void> {
  if (bytes.byteLength <= partBytes) await s3.putObject({ ...to, Body: bytes });
  else await repeatedly(() => uploadParts(s3, to, partsOf(bytes)), isUploadLost);
}

/** `upload` of an object that is made as it is sent; a few of its parts are in memory at a time. */
export async function uploadPieces(s3: S3, to: S3Object, pieces: Pieces): Promise<void> {
  await repeatedly(async () => {
    const parts = partsFrom(pieces());
    const first = await parts.next();
    if (first.done) await s3.putObject({ ...to, Body: new Uint8Array() });
    else if (first.value.byteLength < partBytes) await s3.putObject({ ...to, Body: first.value });
    else await uploadParts(s3, to, withFirst(first.value, parts));
  }, isUploadLost);
}

/**
 * Write an object only if it is not there; false if it is. Always in one request: what S3 compares and sets at once is
 * a PutObject, and not every server does so at the end of an upload in parts.
 */
export async function uploadOnce(s3: S3, to: S3Object, bytes: Uint8Array): Promise<boolean> {
  const writer = randomUUID();
  const write = { ...to, Body: bytes, IfNoneMatch: '*', Metadata: { writer } };
  try {
    // 409: another's write of this object has not ended, so nobody knows yet who wins.
    await repeatedly(
      () => s3.putObject(write),
      (error) => statusOf(error) === 409,
    );
    return true;
  } catch (error) {
    if (statusOf(error) !== 412) throw error;
    // We have won if the answer to our own write was lost and the SDK wrote again.
    const there = await s3.headObject(to).catch(absent);
    return there?.Metadata?.['writer'] === writer;
  }
}

/**
 * A finished upload whose answer was lost is gone when the SDK asks again; so is one that a cleaner took for abandoned.
 */
function isUploadLost(error: unknown): boolean {
  return nameOf(error) === 'NoSuchUpload';
}

async function uploadParts(
  s3: S3,
  to: S3Object,
  parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const { UploadId } = await s3.createMultipartUpload(to);
  const upload = { ...to, UploadId };
  try {
    const Parts = await inFlight(parts, async (Body, index) => {
      const PartNumber = index + 1;
      const { ETag } = await s3.uploadPart({ ...upload, PartNumber, Body });
      return { PartNumber, ETag };
    });
    await s3.completeMultipartUpload({ ...upload, MultipartUpload: { Parts } });
  } catch (error) {
    await s3.abortMultipartUpload(upload).catch(() => undefined);
    throw error;
  }
}

async function* withFirst<Item>(first: Item, rest: AsyncGenerator<Item>): AsyncGenerator<Item> {
  yield first;
  yield* rest;
}
