import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { workerListSchema, type WorkerStatus } from '#protocol/run/run-status.js';
import { Scoped } from '../http/open-api.js';
import { registryToken, trainerToken } from '../parts.js';
import { withRoom } from './checks/worker-room.js';
import type { RunRegistry } from './run-registry.js';
import { isUnderWay } from './run-transition.js';
import type { Trainer } from './trainer.js';

@ApiTags('workers')
@Scoped('read')
@Controller('v1/workers')
export class WorkersController {
  constructor(
    @Inject(trainerToken) private readonly trainer: Trainer,
    @Inject(registryToken) private readonly registry: Pick<RunRegistry, 'all'>,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The pool: every worker, what it does, and why one was lost or refused, or is too small.' })
  @ApiResponse({ status: 200, standardSchema: workerListSchema })
  listWorkers(): { readonly workers: readonly WorkerStatus[] } {
    return { workers: withRoom(this.trainer.workers(), this.registry.all().filter(isUnderWay)) };
  }
}
