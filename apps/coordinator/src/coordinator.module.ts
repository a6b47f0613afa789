import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { AuditController } from './audit/audit.controller.js';
import { BodyTypeGuard } from './http/guards/body-type.guard.js';
import { ErrorFilter } from './http/errors/error.filter.js';
import { HealthController } from './http/health.controller.js';
import { RootController } from './http/root.controller.js';
import { ScopeGuard } from './http/guards/scope.guard.js';
import { KeysController } from './keys/keys.controller.js';
import { PoolKeyController } from './keys/pool-key.controller.js';
import { SessionController } from './keys/session.controller.js';
import { MetricsController } from './metrics/metrics.controller.js';
import {
  auditToken,
  checkPlacesToken,
  hideToken,
  keysToken,
  logToken,
  metricsToken,
  modelsToken,
  poolKeyToken,
  readinessToken,
  redisToken,
  refusalsToken,
  registryToken,
  searchesToken,
  sessionsToken,
  storeToken,
  trainerToken,
  type Parts,
} from './parts.js';
import { CheckpointsController } from './runs/checkpoints/checkpoints.controller.js';
import { RunsController } from './runs/runs.controller.js';
import { SearchController } from './runs/search/search.controller.js';
import { WorkersController } from './runs/workers.controller.js';

/** Injects the open parts into the controllers. Whoever opened the parts closes them. */
@Module({})
export class CoordinatorModule {
  static of(parts: Parts): DynamicModule {
    return {
      module: CoordinatorModule,
      controllers: [
        RootController,
        HealthController,
        MetricsController,
        RunsController,
        CheckpointsController,
        SearchController,
        WorkersController,
        SessionController,
        KeysController,
        AuditController,
        PoolKeyController,
      ],
      providers: [
        { provide: registryToken, useValue: parts.registry },
        { provide: trainerToken, useValue: parts.trainer },
        { provide: redisToken, useValue: parts.redis },
        { provide: storeToken, useValue: parts.store },
        { provide: readinessToken, useValue: parts.readiness },
        { provide: metricsToken, useValue: parts.metrics },
        { provide: modelsToken, useValue: parts.models },
        { provide: searchesToken, useValue: parts.searches },
        { provide: checkPlacesToken, useValue: parts.checkPlaces },
        { provide: logToken, useValue: parts.log },
        { provide: hideToken, useValue: parts.hide },
        { provide: keysToken, useValue: parts.keys },
        { provide: sessionsToken, useValue: parts.sessions },
        { provide: refusalsToken, useValue: parts.refusals },
        { provide: auditToken, useValue: parts.audit },
        { provide: poolKeyToken, useValue: parts.poolKey },
        { provide: APP_GUARD, useClass: ScopeGuard },
        { provide: APP_GUARD, useClass: BodyTypeGuard },
        { provide: APP_FILTER, useClass: ErrorFilter },
      ],
    };
  }
}
