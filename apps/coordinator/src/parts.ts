import type { Logger } from 'pino';
import type { Metrics } from './metrics/metrics.js';
import type { RedisConnection } from './redis-connection.js';
import type { RunRegistry } from './runs/run-registry.js';
import type { Trainer } from './runs/trainer.js';
import type { Store } from '#store/store.js';

/**
 * What the controllers are made of: opened before Nest starts, closed after it. Each is injected under its token below.
 */
export interface Parts {
  readonly registry: RunRegistry;
  readonly trainer: Trainer;
  readonly redis: RedisConnection;
  readonly store: Store;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export const REGISTRY = Symbol('registry');
export const TRAINER = Symbol('trainer');
export const REDIS = Symbol('redis');
export const STORE = Symbol('store');
export const METRICS = Symbol('metrics');
export const LOG = Symbol('log');
