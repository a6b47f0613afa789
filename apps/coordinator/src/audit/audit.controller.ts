import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { auditPageSchema, type AuditPage } from '#protocol/access/audit-entry.js';
import { Scoped } from '../http/open-api.js';
import { queryPipe } from '../http/query.pipe.js';
import { auditToken } from '../parts.js';
import type { AuditLog } from './audit-log.js';

const querySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('Entries at most.'),
  before: z.coerce.number().int().min(1).optional().describe('Only entries with a smaller number.'),
});

@ApiTags('audit')
@Scoped('admin')
@Controller('v1/audit')
export class AuditController {
  constructor(@Inject(auditToken) private readonly audit: AuditLog) {}

  @Get()
  @ApiOperation({ summary: 'Who changed what: the audit log of this coordinator, the newest first.' })
  @ApiResponse({ status: 200, standardSchema: auditPageSchema })
  listAuditEntries(
    @Query({ schema: querySchema, pipes: [queryPipe] }) query: z.output<typeof querySchema>,
  ): Promise<AuditPage> {
    return this.audit.page(query.limit, query.before);
  }
}
