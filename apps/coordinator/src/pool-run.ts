import type { StoreAccess } from '#store/open-store.js';
import type { Store } from '#store/store.js';
import type { WorkerPool } from './pool/worker-pool.js';
import type { Time } from './time.js';
import type { RunEvent } from './training/run-event.js';

/** A run that has no steps: all of it is tasks of the pool. */
export interface PoolRunOptions<Config> {
  readonly id: string;
  readonly config: Config;
  readonly code: string;
  readonly store: Store;
  readonly storeAccess: StoreAccess;
  readonly pool: WorkerPool;
  /** The priority of the run, which may change meanwhile. */
  priority(): number;
  readonly epoch: number;
  readonly checkOwner: () => Promise<void>;
  readonly stopping: AbortSignal;
  readonly signal: AbortSignal;
  onEvent(event: RunEvent): void;
  readonly time: Time;
}
