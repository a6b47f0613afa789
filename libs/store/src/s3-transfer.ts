import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { S3 } from '@aws-sdk/client-s3';
import { repeatedly } from './repeatedly.js';
import { fillFrom, isBrokenOff } from './s3-body.js';
import { nameOf, statusOf } from './s3-error.js';

export interface S3Object {
  readonly Bucket: string;
  readonly Key: string;
}

/** Blobs larger than this go in parts of this size: many connections are faster than one, and a failure costs one part. */
export const partBytes = 16 * 1024 * 1024;
const partsInFlight = 4;

const changed = 'BlobChanged';

/** Write or replace an object, which appears whole when its last part has arrived. */
export async function upload(s3: S3, to: S3Object, bytes: Uint8Array): Promise<void> {
  if (bytes.byteLength <= partBytes) await s3.putObject({ ...to, Body: bytes });
  // A finished upload whose answer was lost is gone when the SDK asks again; so is one that a cleaner took for abandoned.
  else await repeatedly(() => uploadParts(s3, to, bytes), (error) => nameOf(error) === 'NoSuchUpload');
}

/**
 * Write an object only if it is not there; false if it is. Always in one request: what S3 compares and sets at once is a
 * PutObject, and not every server does so at the end of an upload in parts.
 */
export async function uploadOnce(s3: S3, to: S3Object, bytes: Uint8Array): Promise<boolean> {
  const writer = randomUUID();
  const write = { ...to, Body: bytes, IfNoneMatch: '*', Metadata: { writer } };
  try {
    // 409: another's write of this object has not ended, so nobody knows yet who wins.
    await repeatedly(() => s3.putObject(write), (error) => statusOf(error) === 409);
    return true;
  } catch (error) {
    if (statusOf(error) !== 412) throw error;
    // We have won if the answer to our own write was lost and the SDK wrote again.
    const there = await s3.headObject(to).catch(absent);
    return there?.Metadata?.['writer'] === writer;
  }
}

/**
 * The bytes of an object, of one version of it: where a writer replaces it between two parts, reading starts again.
 * The SDK repeats requests, but not one whose answer breaks off in the middle of its body; so that is done here.
 */
export async function download(s3: S3, from: S3Object): Promise<Uint8Array> {
  return repeatedly(() => downloadParts(s3, from), (error) => nameOf(error) === changed);
}

/** Bytes [offset, offset + length) of an object, fewer if it ends before. */
export async function downloadRange(s3: S3, from: S3Object, offset: number, length: number): Promise<Uint8Array> {
  // An empty range cannot be asked for, and one past the end is answered by 416: both are empty if the object is there.
  if (length > 0) {
    const wanted = { ...from, Range: `bytes=${offset}-${offset + length - 1}` };
    const bytes = await repeatedly(async () => fillFrom(await s3.getObject(wanted)), isBrokenOff).catch(outside);
    if (bytes) return bytes;
  }
  await s3.headObject(from);
  return new Uint8Array();
}

/** For `catch`: there is no such object, and that is an answer. */
export function absent(error: unknown): undefined {
  if (statusOf(error) !== 404) throw error;
}

async function uploadParts(s3: S3, to: S3Object, bytes: Uint8Array): Promise<void> {
  const { UploadId } = await s3.createMultipartUpload(to);
  const part = { ...to, UploadId };
  try {
    const Parts = await inFlight(Math.ceil(bytes.byteLength / partBytes), async (index) => {
      const PartNumber = index + 1;
      const Body = bytes.subarray(index * partBytes, PartNumber * partBytes);
      const { ETag } = await s3.uploadPart({ ...part, PartNumber, Body });
      return { PartNumber, ETag };
    });
    await s3.completeMultipartUpload({ ...part, MultipartUpload: { Parts } });
  } catch (error) {
    await s3.abortMultipartUpload(part).catch(() => undefined);
    throw error;
  }
}

async function downloadParts(s3: S3, from: S3Object): Promise<Uint8Array> {
  const first = await repeatedly(async () => {
    const answer = await s3.getObject({ ...from, Range: rangeAt(0) });
    return { bytes: await fillFrom(answer), total: Number(answer.ContentRange?.split('/').at(-1) ?? 0), version: answer.ETag };
  }, isBrokenOff).catch(outside);
  // No byte is in the range of an empty blob.
  if (!first) return new Uint8Array();
  if (first.total <= first.bytes.byteLength) return first.bytes;
  const whole = new Uint8Array(Buffer.allocUnsafeSlow(first.total).buffer);
  whole.set(first.bytes);
  await inFlight(Math.ceil(first.total / partBytes) - 1, async (index) => {
    const start = (index + 1) * partBytes;
    await repeatedly(async () => {
      const answer = await s3.getObject({ ...from, Range: rangeAt(start) }).catch(outside);
      if (!answer || answer.ETag !== first.version) {
        (answer?.Body as Readable | undefined)?.destroy();
        throw Object.assign(new Error('the blob was replaced while it was read'), { code: changed });
      }
      await fillFrom(answer, whole.subarray(start, start + partBytes));
    }, isBrokenOff);
  });
  return whole;
}

function rangeAt(start: number): string {
  return `bytes=${start}-${start + partBytes - 1}`;
}

/** For `catch`: the blob ends before the range. */
function outside(error: unknown): undefined {
  if (statusOf(error) !== 416) throw error;
}

/** Do `use` for 0 to count − 1, a few at a time; after a failure start no more, and end when all that were started have. */
async function inFlight<Result>(count: number, use: (index: number) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    try {
      for (let index = next++; index < count; index = next++) results[index] = await use(index);
    } catch (error) {
      next = count;
      throw error;
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: partsInFlight }, lane));
  for (const ended of lanes) if (ended.status === 'rejected') throw ended.reason;
  return results;
}
