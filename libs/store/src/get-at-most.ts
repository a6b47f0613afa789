import { bytesText } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Store } from './store.js';
import { urlOf } from './store-url.js';

/**
 * Like `store.get`, for a blob of at most `bytesMax`. If it is larger, throws DATA_INVALID with both sizes. It never
 * reads more than one byte beyond the limit, even if the blob grows meanwhile.
 */
export async function getAtMost(
  store: Pick<Store, 'url' | 'size' | 'getRange'>,
  key: string,
  bytesMax: number,
): Promise<Uint8Array> {
  const bytes = await store.getRange(key, 0, bytesMax + 1);
  if (bytes.byteLength <= bytesMax) return bytes;
  throw new TandemError({
    code: ErrorCode.DataInvalid,
    message:
      `Expected at most ${bytesText(bytesMax)} at ${urlOf(store, key)}, got ` +
      `${bytesText((await store.size(key)) ?? bytes.byteLength)}.`,
    help: 'No file of this kind is that large: name another, or write it again.',
    context: { key },
  });
}
