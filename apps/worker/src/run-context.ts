import { createHash } from 'node:crypto';
import type { Device } from '#engine/device.js';
import { openDataset } from '#data/dataset.js';
import { tokenizerFromDocument } from '#data/tokenizer.js';
import { parameterSpecs } from '#model/parameters.js';
import type { RunConfig } from '#protocol/run-config.js';
import type { Task } from '#protocol/task.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { runKeys } from '#store/keys.js';
import { openStore, type StoreAccess } from '#store/open-store.js';
import { sharedBlob, type SharedBlob } from '#store/shared-blob.js';
import type { Store } from '#store/store.js';
import { openShardLoader, type ShardLoader } from './shard-loader.js';
import { loadShard } from './shard-samples.js';
import { openStashCache, type StashCache } from './stash-cache.js';
import { openTower, type Tower } from './tower.js';

/** All a worker holds for the run it works on. */
export interface RunContext {
  readonly run: string;
  readonly config: RunConfig;
  readonly store: Store;
  readonly samples: ShardLoader;
  readonly image: Tower;
  readonly text: Tower;
  readonly stashes: StashCache;
  /** The blob of a shard's gradients, written again for each shard: every parameter's, zeros for those of the loss. */
  readonly gradients: SharedBlob;
  /**
   * Make the task's parameters those of the towers (invariant W1). Throws STORE_FAILED where the blob is not the one the
   * task names.
   */
  useParameters(task: Task): Promise<void>;
  close(): Promise<void>;
}

export interface RunContextOptions {
  readonly device: Device;
  readonly storeAccess: StoreAccess;
  readonly stashBytes: number;
}

export async function openRunContext(task: Task, { device, storeAccess, stashBytes }: RunContextOptions): Promise<RunContext> {
  const store = openStore(task.store, storeAccess);
  const keys = runKeys(task.run);
  const document = await checked(store, keys.document, task.configHash, 'the run document');
  const config = JSON.parse(new TextDecoder().decode(document)) as RunConfig;
  const tokenizer = tokenizerFromDocument(JSON.parse(new TextDecoder().decode(await store.get(keys.tokenizer))));
  const dataStore = openStore(config.data.train, storeAccess);
  const [image, text] = [await openTower(device, config.model, 'image', config.precision), await openTower(device, config.model, 'text', config.precision)];
  const dataset = await openDataset(dataStore);
  const stashes = openStashCache(stashBytes);
  const parameters = sharedBlob(parameterSpecs(config.model));
  let current = '';
  return {
    run: task.run,
    config,
    store,
    samples: openShardLoader((shard) => loadShard({ config, dataset, tokenizer }, shard)),
    image,
    text,
    stashes,
    gradients: sharedBlob(parameterSpecs(config.model)),
    async useParameters({ parametersKey, parametersHash }) {
      if (parametersHash === current) return;
      // Stashes belong to the parameters they were made with.
      await stashes.clear();
      current = '';
      parameters.bytes.set(await checked(store, parametersKey, parametersHash, 'the parameters'));
      await Promise.all([image.setParameters(parameters.values), text.setParameters(parameters.values)]);
      current = parametersHash;
    },
    async close() {
      await stashes.clear();
      await store.close();
      await dataStore.close();
    },
  };
}

async function checked(store: Store, key: string, hash: string, what: string): Promise<Uint8Array> {
  const bytes = await store.get(key);
  const got = createHash('sha256').update(bytes).digest('hex');
  if (got === hash) return bytes;
  throw new TandemError({
    code: ErrorCode.StoreFailed,
    message: `Expected ${what} with sha256 ${hash} at ${store.url}/${key}, got one with ${got}.`,
    help: 'Two coordinators may be writing to one store under the same run id; give each a store of its own.',
    retryable: true,
  });
}
