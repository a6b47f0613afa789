import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { ServerResponse } from 'node:http';
import { ApiFile, Scoped } from '../http/open-api.js';
import { metricsToken } from '../parts.js';
import type { Metrics } from './metrics.js';

@ApiTags('metrics')
@Scoped('read')
@Controller('metrics')
export class MetricsController {
  constructor(@Inject(metricsToken) private readonly metrics: Metrics) {}

  @Get()
  @ApiOperation({
    summary:
      "The coordinator's numbers in Prometheus' text format. Needs the key unless the coordinator " +
      'listens on loopback only.',
  })
  @ApiFile('text/plain', 'The numbers.')
  async getMetrics(@Res({ passthrough: true }) response: ServerResponse): Promise<string> {
    response.setHeader('content-type', this.metrics.contentType);
    return this.metrics.text();
  }
}
