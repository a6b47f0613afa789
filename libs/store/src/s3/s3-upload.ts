import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { S3 } from '@aws-sdk/client-s3';
import pRetry from 'p-retry';
import { nameOf, statusOf } from './s3-error.js';
import { absent, type S3Object } from './s3-object.js';
import { partBytes, partsInFlight, whilePassing } from './s3-transfer.js';
import type { Pieces } from '../store.js';

/** Write or replace an object, which appears whole when its last part has arrived. */
export async function upload(s3: S3, to: S3Object, bytes: Uint8Array): Promise<void> {
  await uploadBody(s3, to, () => bytes);
}

/** `upload` of an object that is made as it is sent; a few of its parts are in memory at a time. */
export async function uploadPieces(s3: S3, to: S3Object, pieces: Pieces): Promise<void> {
  await uploadBody(s3, to, () => Readable.from(copiesOf(pieces())));
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
    const isUndecided = (error: unknown): boolean => statusOf(error) === 409;
    await pRetry(() => s3.putObject(write), whilePassing(isUndecided));
    return true;
  } catch (error) {
    if (statusOf(error) !== 412) throw error;
    // We have won if the answer to our own write was lost and the SDK wrote again.
    const there = await s3.headObject(to).catch(absent);
    return there?.Metadata?.['writer'] === writer;
  }
}

/** In parts, or in one request where there is no more than a part. What fails leaves no parts behind. */
async function uploadBody(s3: S3, to: S3Object, body: () => Uint8Array | Readable): Promise<void> {
  const { Upload } = await import('@aws-sdk/lib-storage');
  const settings = { client: s3, partSize: partBytes, queueSize: partsInFlight };
  await pRetry(() => new Upload({ ...settings, params: { ...to, Body: body() } }).done(), whilePassing(isUploadLost));
}

/**
 * A finished upload whose answer was lost is gone when the SDK asks again; so is one that a cleaner took for abandoned.
 */
function isUploadLost(error: unknown): boolean {
  return nameOf(error) === 'NoSuchUpload';
}

/** The SDK holds what it gets until a part is full, and a piece may be overwritten when the next is asked for. */
async function* copiesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    for (let start = 0; start < piece.byteLength; start += copiedBytes)
      yield Buffer.from(piece.subarray(start, start + copiedBytes));
  }
}

/** A part is put together of whole copies: small ones, so that it is hardly larger in memory than what is sent. */
const copiedBytes = 1024 * 1024;
