import { trialKey, type CoordinatorRecord } from '#protocol/pool/presence.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { contentHash } from '#store/content-hash.js';
import { getAtMost } from '#store/get-at-most.js';
import { openStore } from '#store/open-store.js';
import type { WorkerConfig } from './config.js';

const proofBytesMax = 1024;

/**
 * Resolves if this worker reads from the coordinator's store what the coordinator wrote there, and can write and remove
 * a blob of its own. Throws NOT_FOUND or STORE_FAILED if it cannot.
 */
export async function proveStore(
  { store: url, key, sha256 }: CoordinatorRecord['proof'],
  { id, storeAccess }: Pick<WorkerConfig, 'id' | 'storeAccess'>,
): Promise<void> {
  const store = openStore(url, storeAccess);
  try {
    const proof = await getAtMost(store, key, proofBytesMax).catch((error: unknown) => {
      throw error instanceof TandemError && error.code === ErrorCode.NotFound ? otherStore(url, key, 'nothing') : error;
    });
    if ((await contentHash(proof)) !== sha256) throw otherStore(url, key, 'something else');
    await store.put(trialKey(id), proof);
    await store.remove(trialKey(id));
  } finally {
    await store.close();
  }
}

function otherStore(url: string, key: string, got: string): TandemError {
  return new TandemError({
    code: ErrorCode.StoreFailed,
    message: `Expected what the coordinator wrote to ${url}/${key}, got ${got}.`,
    help: url.startsWith('file:')
      ? 'A directory is a store for several machines only if all mount it in the same place; otherwise use s3://.'
      : 'See that TANDEM_S3_ENDPOINT and the keys are those of the coordinator.',
    retryable: true,
  });
}
