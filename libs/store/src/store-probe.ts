import { shownValue } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Store } from './store.js';
import { urlOf } from './store-url.js';

/**
 * Tests a store: writes a small blob, reads it back, checks that a second conditional write is refused, and removes it.
 * `id` keeps concurrent probes apart. Throws STORE_FAILED if the store answers but misbehaves.
 */
export async function probeStore(store: Omit<Store, 'probe'>, id: string): Promise<void> {
  const key = `probe-${id}`;
  const bytes = new TextEncoder().encode(id);
  try {
    await store.put(key, bytes);
    const read = new TextDecoder().decode(await store.get(key));
    if (read !== id)
      throw broken(
        store,
        key,
        `read back ${shownValue(read)} where ${JSON.stringify(id)} was written`,
        'Check the server and whatever stands between it and Tandem.',
      );
    if (await store.putIfAbsent(key, bytes)) {
      throw broken(
        store,
        key,
        'a conditional write replaced a blob that was there',
        'The server ignores If-None-Match; use one that honours it: AWS S3, MinIO, Ceph and most others ' +
          'do in their current versions.',
      );
    }
  } catch (error) {
    await store.remove(key).catch(() => undefined);
    throw error;
  }
  await store.remove(key);
}

function broken(store: Pick<Store, 'url'>, key: string, what: string, help: string): TandemError {
  const url = urlOf(store, key);
  return new TandemError({
    code: ErrorCode.StoreFailed,
    message: `The store does not work: ${what} at ${url}.`,
    help,
    context: { url },
  });
}
