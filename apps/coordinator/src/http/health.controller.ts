import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { hideToken, readinessToken } from '../parts.js';
import { callerOf } from './admission.js';
import { Unscoped } from './open-api.js';
import { readinessSchema, type Readiness } from './readiness.js';

@ApiTags('health')
@Unscoped()
@Controller('health')
export class HealthController {
  constructor(
    @Inject(readinessToken) private readonly readiness: Readiness,
    @Inject(hideToken) private readonly hide: (text: string) => string,
  ) {}

  @Get('live')
  @ApiOperation({ summary: 'The process answers.' })
  @ApiResponse({ status: 200, standardSchema: z.strictObject({ live: z.literal(true) }) })
  getLiveness(): { live: true } {
    return { live: true };
  }

  @Get('ready')
  @ApiOperation({ summary: 'Redis and the store can be used.' })
  @ApiResponse({ status: 200, standardSchema: readinessSchema })
  @ApiResponse({ status: 503, description: 'Not ready; the reasons are in `parts`.', standardSchema: readinessSchema })
  async getReadiness(
    @Req() request: IncomingMessage,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<z.output<typeof readinessSchema>> {
    const parts = Object.entries(await this.readiness.check());
    const ready = parts.every(([, { ok }]) => ok);
    response.statusCode = ready ? 200 : 503;
    return callerOf(request).standing === 'stranger'
      ? { ready }
      : {
          ready,
          parts: Object.fromEntries(parts.map(([name, { ok, reason }]) => [name, { ok, reason: this.hide(reason) }])),
        };
  }
}
