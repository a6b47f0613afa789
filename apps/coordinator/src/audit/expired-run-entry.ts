import type { AuditEntry } from '#protocol/access/audit-entry.js';
import type { ExpiredRun } from '../runs/retention/expired-runs.js';

/** What the audit log says of a run that the coordinator removed by itself: as of a request, with the reason. */
export function expiredRunEntry({ id, why }: ExpiredRun, at: Date): Omit<AuditEntry, 'number'> {
  return {
    at: at.toISOString(),
    key: { id: 'coordinator', name: 'coordinator', scope: 'admin' },
    session: false,
    address: '',
    action: 'DELETE /v1/runs/:id',
    subject: id,
    status: 204,
    requestId: '',
    reason: why,
  };
}
