import type { Logger } from 'pino';
import type { Metrics } from './metrics/metrics.js';
import type { AuditLog } from './audit/audit-log.js';
import type { KeyRefusals } from './http/limits/key-refusals.js';
import type { Readiness } from './http/readiness.js';
import type { KeyRing } from './keys/key-ring.js';
import type { Sessions } from './keys/sessions.js';
import type { RedisConnection } from './redis-connection.js';
import type { Models } from './runs/checkpoints/models.js';
import type { RunPlaces } from './runs/checks/run-places.js';
import type { RunRegistry } from './runs/run-registry.js';
import type { Searches } from './runs/search/searches.js';
import type { Trainer } from './runs/trainer.js';
import type { Store } from '#store/store.js';

/**
 * The parts that controllers use. They are opened before Nest starts and closed after it has stopped. Each is injected
 * under its token below.
 */
export interface Parts {
  readonly registry: RunRegistry;
  readonly trainer: Trainer;
  readonly redis: RedisConnection;
  readonly store: Store;
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  readonly models: Models;
  readonly searches: Searches;
  /** Throws CONFIG_INVALID where a run document names a place outside the roots. */
  readonly checkPlaces: (places: RunPlaces) => Promise<void>;
  readonly log: Logger;
  /** Leaves secrets out of what callers see. */
  readonly hide: (text: string) => string;
  readonly keys: KeyRing;
  readonly sessions: Sessions;
  readonly refusals: KeyRefusals;
  readonly audit: AuditLog;
  /** TANDEM_POOL_KEY. */
  readonly poolKey: string | null;
}

export const registryToken = Symbol('registry');
export const trainerToken = Symbol('trainer');
export const redisToken = Symbol('redis');
export const storeToken = Symbol('store');
export const readinessToken = Symbol('readiness');
export const metricsToken = Symbol('metrics');
export const modelsToken = Symbol('models');
export const searchesToken = Symbol('searches');
export const checkPlacesToken = Symbol('checkPlaces');
export const logToken = Symbol('log');
export const hideToken = Symbol('hide');
export const keysToken = Symbol('keys');
export const sessionsToken = Symbol('sessions');
export const refusalsToken = Symbol('refusals');
export const auditToken = Symbol('audit');
export const poolKeyToken = Symbol('poolKey');
