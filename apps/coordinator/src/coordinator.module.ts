import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ErrorFilter } from './http/error.filter.js';
import { HealthController } from './http/health.controller.js';
import { RootController } from './http/root.controller.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { LOG, METRICS, REDIS, REGISTRY, STORE, TRAINER, type Parts } from './parts.js';
import { RunsController } from './runs/runs.controller.js';
import { WorkersController } from './runs/workers.controller.js';

/** Binds the open parts to the controllers; whoever opened them closes them. */
@Module({})
export class CoordinatorModule {
  static of(parts: Parts): DynamicModule {
    return {
      module: CoordinatorModule,
      controllers: [RootController, HealthController, MetricsController, RunsController, WorkersController],
      providers: [
        { provide: REGISTRY, useValue: parts.registry },
        { provide: TRAINER, useValue: parts.trainer },
        { provide: REDIS, useValue: parts.redis },
        { provide: STORE, useValue: parts.store },
        { provide: METRICS, useValue: parts.metrics },
        { provide: LOG, useValue: parts.log },
        { provide: APP_FILTER, useClass: ErrorFilter },
      ],
    };
  }
}
