import { createHash } from 'node:crypto';
import { storedImage, type StoredImageOptions } from '#data/prepare/stored-image.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { PictureEntry } from '../shards/picture-entry.js';
import type { PairFiles } from '../shards/shard.js';
import { forbiddingDirective } from '../web/robots-tag.js';
import type { RobotsRules } from '../web/robots-rules.js';
import type { WebClient } from '../web/web-client.js';
import { lasting } from '../web/web-failure.js';
import { perceptualHash } from '#data/image/perceptual-hash.js';

/** A picture of the list. */
export interface WantedPicture {
  readonly key: string;
  readonly url: string;
  readonly captions: readonly string[];
  readonly group: string | undefined;
}

export interface PictureOptions extends StoredImageOptions {
  readonly client: WebClient;
  /** Undefined where robots.txt is not asked for. */
  readonly robots: RobotsRules | undefined;
  /** Values of X-Robots-Tag by which a picture is not taken. */
  readonly disallowed: readonly string[];
  readonly agentToken: string;
  readonly bytesMax: number;
  readonly signal: AbortSignal;
}

/** What came of a picture. */
export interface DownloadedPicture {
  readonly entry: PictureEntry;
  /** Of a picture that was stored. */
  readonly files?: PairFiles;
  /** When the server asks to be called again, of a failure that can pass. */
  readonly afterMs?: number;
}

/** Downloads a picture and prepares it for storage. Throws only the signal's reason, and what is a bug. */
export async function downloadPicture(wanted: WantedPicture, options: PictureOptions): Promise<DownloadedPicture> {
  const { key, url } = wanted;
  let bytes: Uint8Array;
  try {
    bytes = await pictureBytes(url, options);
  } catch (thrown) {
    if (!(thrown instanceof TandemError) || options.signal.aborted) throw thrown;
    const { message, retryable, context } = thrown;
    const entry = { key, url, status: 'failed_to_download' as const, error_message: message, can_pass: retryable };
    return { entry, ...(typeof context['afterMs'] === 'number' && { afterMs: context['afterMs'] }) };
  }
  try {
    return await stored(wanted, bytes, options);
  } catch (thrown) {
    if (!(thrown instanceof TandemError && thrown.code === ErrorCode.DataInvalid)) throw thrown;
    const message = thrown.message.split('\n', 1)[0]!;
    return { entry: { key, url, status: 'failed_to_resize', error_message: message, can_pass: false } };
  }
}

async function pictureBytes(url: string, options: PictureOptions): Promise<Uint8Array> {
  const { client, robots, disallowed, agentToken, bytesMax, signal } = options;
  const { body } = await client.get(url, {
    accept: 'image/webp,image/png,image/jpeg,image/*;q=0.9',
    bytesMax,
    signal,
    ...(robots && { check: robots.check }),
    checkHeaders(headers) {
      const directive = forbiddingDirective(headers['x-robots-tag'], disallowed, agentToken);
      if (directive !== undefined) throw lasting(`The site does not allow it: X-Robots-Tag: ${directive}`);
      const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
      if (type !== undefined && !pictureType.test(type)) throw lasting(`It is no picture: ${type.slice(0, 60)}`);
    },
  });
  if (body.byteLength === 0) throw lasting('It is empty');
  return body;
}

/** Types of pictures, and those of servers that do not know. The bytes decide in the end. */
const pictureType = /^(?:image\/.*|(?:application|binary)\/octet-stream|application\/(?:x-)?(?:download|unknown)|)$/;

async function stored(
  { key, url, captions, group }: WantedPicture,
  bytes: Uint8Array,
  options: PictureOptions,
): Promise<DownloadedPicture> {
  const { image, extension, original, sides } = await storedImage(bytes, options);
  const [sha256, phash] = [createHash('sha256').update(image).digest('hex'), await perceptualHash(image)];
  const texts = [...new Set(captions.map((caption) => caption.trim()).filter((caption) => caption !== ''))];
  const json = {
    ...{ key, url, caption: texts[0] ?? '', ...(texts.length > 1 && { captions: texts }) },
    ...(group !== undefined && { group }),
    ...{ status: 'success', error_message: null, ...sides },
    ...{ original_width: original.width, original_height: original.height, sha256, phash },
  };
  const entry = { key, url, status: 'success' as const, extension, sha256, phash };
  return { entry, files: { image, text: texts[0] ?? '', json } };
}
