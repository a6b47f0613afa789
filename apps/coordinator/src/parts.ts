import type { Logger } from 'pino';
import type { ApiKey } from './http/api-key.js';
import type { Metrics } from './metrics/metrics.js';
import type { RedisConnection } from './redis-connection.js';
import type { RunRegistry } from './runs/run-registry.js';
import type { Trainer } from './runs/trainer.js';
import type { Store } from '#store/store.js';

/** What the controllers are made of: opened before Nest starts, closed after it. Each is injected under its token below. */
export interface Parts {
  readonly registry: RunRegistry;
  readonly trainer: Trainer;
  readonly redis: RedisConnection;
  readonly store: Store;
  readonly metrics: Metrics;
  readonly access: Access;
  readonly log: Logger;
}

export interface Access {
  readonly key: ApiKey;
  /** Only this machine can reach the coordinator. */
  readonly loopbackOnly: boolean;
}

export const REGISTRY = Symbol('registry');
export const TRAINER = Symbol('trainer');
export const REDIS = Symbol('redis');
export const STORE = Symbol('store');
export const METRICS = Symbol('metrics');
export const ACCESS = Symbol('access');
export const LOG = Symbol('log');
