import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Store } from '#store/store.js';
import { redisToken, storeToken } from '../parts.js';
import type { RedisConnection } from '../redis-connection.js';
import { standingOf } from './admission.js';
import { openReadiness, type Readiness } from './readiness.js';

const partSchema = z.strictObject({
  ok: z.boolean(),
  reason: z.string().describe('Why it is not, empty where it is.'),
});
const readinessSchema = z.strictObject({
  ready: z.boolean(),
  parts: z.record(z.string(), partSchema).exactOptional().describe('Told to who has the key, and on loopback to all.'),
});

@ApiTags('health')
@Controller('health')
export class HealthController {
  private readonly readiness: Readiness;

  constructor(@Inject(redisToken) redis: RedisConnection, @Inject(storeToken) store: Store) {
    this.readiness = openReadiness(
      { redis: () => redis.ping(), store: () => store.probe() },
      { limitMs: 3000, keepMs: 2000, nowMs: () => performance.now() },
    );
  }

  @Get('live')
  @ApiOperation({ summary: 'The process answers.' })
  @ApiResponse({ status: 200, standardSchema: z.strictObject({ live: z.literal(true) }) })
  live(): { live: true } {
    return { live: true };
  }

  @Get('ready')
  @ApiOperation({ summary: 'Redis and the store can be used.' })
  @ApiResponse({ status: 200, standardSchema: readinessSchema })
  @ApiResponse({ status: 503, description: 'Not ready; the reasons are in `parts`.', standardSchema: readinessSchema })
  async ready(
    @Req() request: IncomingMessage,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<z.output<typeof readinessSchema>> {
    const parts = await this.readiness.check();
    const ready = Object.values(parts).every(({ ok }) => ok);
    response.statusCode = ready ? 200 : 503;
    return standingOf(request) === 'stranger' ? { ready } : { ready, parts };
  }
}
