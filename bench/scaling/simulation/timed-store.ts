import type { Store } from '#store/store.js';
import type { StepCosts } from '../step-costs.js';
import type { Host } from './host.js';
import type { HeldGradients } from './timed-training.js';

/** What the coordinator's calls of the store cost: the bytes of real blobs, while the blobs here are tiny. */
export function timedStore(
  store: Store,
  costs: StepCosts,
  host: Host,
  copyBytesPerSecond: number,
  gradients: HeldGradients,
): Store {
  const rowsBytes = costs.embeddingBytes / costs.shards;
  const copied = (bytes: number): Promise<void> => host.script(bytes / copyBytesPerSecond);

  const read = async (key: string): Promise<void> => {
    if (/\/gradients\//.test(key)) {
      gradients.now += 1;
      gradients.read += 1;
      gradients.most = Math.max(gradients.most, gradients.now);
      await host.read(costs.parameterBytes); // Straight into shared memory, where the optimizer adds it.
      await host.hash(costs.parameterBytes, true);
    } else if (/\/embeddings\//.test(key)) {
      const bytes = shardsIn(key) * rowsBytes;
      await host.read(bytes);
      await host.hash(bytes);
      await copied(2 * bytes); // Out of the blob, and to their place in I and T.
    } else await host.read(0);
  };
  const write = async (key: string, isDurable = false): Promise<void> => {
    if (/\/parameters\.safetensors$|\/journal\/\d+\.safetensors$/.test(key))
      await Promise.all([host.write(costs.parameterBytes, { isDurable }), host.hash(costs.parameterBytes, true)]);
    else if (/\/embedding-gradients\//.test(key)) {
      const bytes = shardsIn(key) * rowsBytes;
      await copied(bytes);
      await Promise.all([host.write(bytes), host.hash(bytes)]);
    } else await host.write(0, { isDurable });
  };
  return {
    ...store,
    async get(key) {
      await read(key);
      return store.get(key);
    },
    async *getPieces(key) {
      await read(key);
      yield* store.getPieces(key);
    },
    async put(key, bytes, options) {
      await write(key, options?.durable);
      await store.put(key, bytes, options);
    },
    async putIfAbsent(key, bytes, options) {
      await write(key, options?.durable);
      return store.putIfAbsent(key, bytes, options);
    },
  };
}

/** Of how many shards a blob has rows, by its name: `3.w.safetensors`, `4-7.safetensors`. */
function shardsIn(key: string): number {
  const [first = 0, last = first] = key.split('/').at(-1)!.split('.')[0]!.split('-').map(Number);
  return last - first + 1;
}
