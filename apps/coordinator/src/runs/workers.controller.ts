import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { workerListSchema, type WorkerStatus } from '#protocol/run/run-status.js';
import { ApiKeyed } from '../http/open-api.js';
import { trainerToken } from '../parts.js';
import type { Trainer } from './trainer.js';

@ApiTags('workers')
@ApiKeyed()
@Controller('v1/workers')
export class WorkersController {
  constructor(@Inject(trainerToken) private readonly trainer: Trainer) {}

  @Get()
  @ApiOperation({ summary: 'The pool: every worker, what it does, and why one was lost or refused.' })
  @ApiResponse({ status: 200, standardSchema: workerListSchema })
  list(): { readonly workers: readonly WorkerStatus[] } {
    return { workers: this.trainer.workers() };
  }
}
