import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';

const brokenOff = 'ERR_STREAM_PREMATURE_CLOSE';

/**
 * The bytes of an answer, in `into` or a buffer of their own. Throws an error that `isBrokenOff` where not as many come
 * as were announced and `into` holds.
 */
export async function fillFrom(
  { Body, ContentLength = 0 }: GetObjectCommandOutput,
  into?: Uint8Array,
): Promise<Uint8Array> {
  const bytes = into ?? new Uint8Array(Buffer.allocUnsafeSlow(ContentLength).buffer);
  let done = 0;
  try {
    for await (const chunk of (Body ?? []) as AsyncIterable<Uint8Array>) {
      if (done + chunk.byteLength <= bytes.byteLength) bytes.set(chunk, done);
      done += chunk.byteLength;
    }
  } catch (error) {
    const message =
      `after ${done} of ${bytes.byteLength} bytes: ` + `${error instanceof Error ? error.message : String(error)}`;
    throw Object.assign(new Error(message, { cause: error }), { code: brokenOff });
  }
  if (done !== bytes.byteLength)
    throw Object.assign(new Error(`expected ${bytes.byteLength} bytes, got ${done}`), { code: brokenOff });
  return bytes;
}

/** Has the connection ended in the middle of an answer? */
export function isBrokenOff(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === brokenOff;
}
