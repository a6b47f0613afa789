import { z } from 'zod';
import { scopes } from './scope.js';

/** A request that changed something, or was to; or what the coordinator removed by itself, as its settings say. */
export const auditEntrySchema = z.strictObject({
  number: z.int().min(1).describe('Counts the entries of this coordinator.'),
  at: z.string().describe('When it was answered, in UTC.'),
  key: z.strictObject({ id: z.string(), name: z.string(), scope: z.enum(scopes) }).describe('Who did it.'),
  session: z.boolean().describe('Whether by the web page, with a session of that key.'),
  address: z.string().describe('Where the request came from.'),
  action: z.string().describe('Method and endpoint.'),
  subject: z.string().nullable().describe('Id of the run or key that it was about.'),
  status: z.int().nullable().describe('HTTP status of the answer; null if the caller did not wait for it.'),
  requestId: z.string().describe('The x-request-id of the answer.'),
  reason: z.string().exactOptional().describe('Why, if the coordinator did it by itself.'),
});
export type AuditEntry = z.output<typeof auditEntrySchema>;

/** Response of GET /v1/audit, the newest first. */
export const auditPageSchema = z.strictObject({
  entries: z.array(auditEntrySchema),
  next: z.int().nullable().describe('Value of `before` for the next page; null: there are no older entries.'),
});
export type AuditPage = z.output<typeof auditPageSchema>;
