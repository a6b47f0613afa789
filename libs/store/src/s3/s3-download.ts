import type { Readable } from 'node:stream';
import type { S3 } from '@aws-sdk/client-s3';
import pMap, { pMapIterable } from 'p-map';
import pRetry from 'p-retry';
import { fillFrom, isBrokenOff } from './s3-body.js';
import { nameOf, statusOf } from './s3-error.js';
import type { S3Object } from './s3-object.js';
import { partBytes, partsInFlight, whilePassing } from './s3-transfer.js';

const changed = 'BlobChanged';

interface FirstPart {
  readonly bytes: Uint8Array;
  /** Bytes of the whole object. */
  readonly total: number;
  readonly version: string | undefined;
}

/**
 * The bytes of an object, of one version of it: where a writer replaces it between two parts, reading starts again.
 * The SDK repeats requests, but not one whose answer breaks off in the middle of its body; so that is done here.
 */
export async function download(s3: S3, from: S3Object): Promise<Uint8Array> {
  const isReplaced = (error: unknown): boolean => nameOf(error) === changed;
  return pRetry(() => downloadParts(s3, from), whilePassing(isReplaced));
}

/**
 * The parts of an object, of one version of it, a few of them fetched ahead. Throws where a writer replaces it
 * meanwhile.
 */
export async function* downloadPieces(s3: S3, from: S3Object): AsyncGenerator<Uint8Array> {
  const first = await firstPart(s3, from);
  if (!first) return;
  const partAt = async (index: number): Promise<Uint8Array> =>
    index === 0 ? first.bytes : furtherPart(s3, from, first, index);
  yield* pMapIterable([0, ...furtherParts(first)], partAt, { concurrency: partsInFlight });
}

/** Bytes [offset, offset + length) of an object, fewer if it ends before. */
export async function downloadRange(s3: S3, from: S3Object, offset: number, length: number): Promise<Uint8Array> {
  // An empty range cannot be asked for, and one past the end is answered by 416: both are empty if the object is there.
  if (length > 0) {
    const wanted = { ...from, Range: `bytes=${offset}-${offset + length - 1}` };
    const read = async (): Promise<Uint8Array> => fillFrom(await s3.getObject(wanted));
    const bytes = await pRetry(read, whilePassing(isBrokenOff)).catch(outside);
    if (bytes) return bytes;
  }
  await s3.headObject(from);
  return new Uint8Array();
}

/** The first part of an object and what the others must agree with, or undefined of one without bytes. */
async function firstPart(s3: S3, from: S3Object): Promise<FirstPart | undefined> {
  const read = async (): Promise<FirstPart> => {
    const answer = await s3.getObject({ ...from, Range: rangeAt(0) });
    return {
      bytes: await fillFrom(answer),
      total: Number(answer.ContentRange?.split('/').at(-1) ?? 0),
      version: answer.ETag,
    };
  };
  return pRetry(read, whilePassing(isBrokenOff)).catch(outside);
}

/** Part `index` of the version that begins with `first`, in `into` or memory of its own. */
async function furtherPart(
  s3: S3,
  from: S3Object,
  first: FirstPart,
  index: number,
  into?: Uint8Array,
): Promise<Uint8Array> {
  return pRetry(async () => {
    const answer = await s3.getObject({ ...from, Range: rangeAt(index * partBytes) }).catch(outside);
    if (!answer || answer.ETag !== first.version) {
      (answer?.Body as Readable | undefined)?.destroy();
      throw Object.assign(new Error('the blob was replaced while it was read'), { code: changed });
    }
    return fillFrom(answer, into);
  }, whilePassing(isBrokenOff));
}

async function downloadParts(s3: S3, from: S3Object): Promise<Uint8Array> {
  const first = await firstPart(s3, from);
  // No byte is in the range of an empty blob.
  if (!first) return new Uint8Array();
  if (first.total <= first.bytes.byteLength) return first.bytes;
  const whole = new Uint8Array(Buffer.allocUnsafeSlow(first.total).buffer);
  whole.set(first.bytes);
  const readInto = (index: number): Promise<Uint8Array> =>
    furtherPart(s3, from, first, index, whole.subarray(index * partBytes, (index + 1) * partBytes));
  await pMap(furtherParts(first), readInto, { concurrency: partsInFlight });
  return whole;
}

function* furtherParts({ total }: FirstPart): Generator<number> {
  for (let index = 1; index * partBytes < total; index++) yield index;
}

function rangeAt(start: number): string {
  return `bytes=${start}-${start + partBytes - 1}`;
}

/** For `catch`: the blob ends before the range. */
function outside(error: unknown): undefined {
  if (statusOf(error) !== 416) throw error;
}
