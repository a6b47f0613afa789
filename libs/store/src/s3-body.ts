import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';

const brokenOff = 'ERR_STREAM_PREMATURE_CLOSE';

/** The bytes of an answer, in one buffer of their own. Throws an error that `isBrokenOff` where not all of them come. */
export async function readBody({ Body, ContentLength = 0 }: GetObjectCommandOutput): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(ContentLength);
  let done = 0;
  try {
    for await (const chunk of (Body ?? []) as AsyncIterable<Uint8Array>) {
      if (done + chunk.byteLength <= ContentLength) bytes.set(chunk, done);
      done += chunk.byteLength;
    }
  } catch (error) {
    const message = `after ${done} of ${ContentLength} bytes: ${error instanceof Error ? error.message : String(error)}`;
    throw Object.assign(new Error(message, { cause: error }), { code: brokenOff });
  }
  if (done !== ContentLength) throw Object.assign(new Error(`expected ${ContentLength} bytes, got ${done}`), { code: brokenOff });
  return new Uint8Array(bytes.buffer, 0, done);
}

/** Has the connection ended in the middle of an answer? */
export function isBrokenOff(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === brokenOff;
}
