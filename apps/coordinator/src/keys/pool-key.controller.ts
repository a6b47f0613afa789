import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { poolKeySchema } from '#protocol/access/api-key.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { ApiRefusal, Scoped } from '../http/open-api.js';
import { poolKeyToken } from '../parts.js';

/** A worker that has a key of the API needs no other secret of the pool. */
@ApiTags('workers')
@Scoped('worker')
@Controller('v1/pool/key')
export class PoolKeyController {
  constructor(@Inject(poolKeyToken) private readonly poolKey: string | null) {}

  @Get()
  @ApiOperation({ summary: 'The key with which a worker signs its messages.' })
  @ApiResponse({ status: 200, standardSchema: poolKeySchema })
  @ApiRefusal(404, 'The pool has no key.')
  getPoolKey(): z.output<typeof poolKeySchema> {
    if (this.poolKey === null) throw noPoolKey();
    return { poolKey: this.poolKey };
  }
}

function noPoolKey(): TandemError {
  return new TandemError({
    code: ErrorCode.NotFound,
    message: 'Pool key: expected a coordinator that was started with TANDEM_POOL_KEY, got one without',
    help: 'Set TANDEM_POOL_KEY at the coordinator (openssl rand -hex 24), or start the worker without TANDEM_URL.',
  });
}
