import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { AuditEntry } from '#protocol/access/audit-entry.js';
import { callerOf, type Handler } from '../http/admission.js';
import { openTokenBuckets } from '../http/limits/token-buckets.js';
import { requestIdOf } from '../http/request-id.js';
import type { AuditLog } from './audit-log.js';

/** What Express notes in a request once it knows its endpoint. */
interface Routed {
  readonly route?: { readonly path?: unknown };
  readonly params?: Readonly<Record<string, string | undefined>>;
}

/** Refusals that are noted of one key: more would push out what was done. */
const refusalLimits = { burst: 100, perSecond: 1, placesMax: 1000 };

/**
 * A middleware behind the admission. It notes each request that changes something, or was to, in the audit log and in
 * the log. Reads, and requests without a key, are not noted.
 */
export function auditedRequests(audit: AuditLog, log: Logger, nowMs: () => number): Handler {
  const refusals = openTokenBuckets(refusalLimits, nowMs);
  return (request, response, next) => {
    const address = request.socket.remoteAddress ?? ''; // A socket that is closed has none.
    if (!/^(GET|HEAD)$/.test(request.method ?? ''))
      response.once('close', () => {
        const entry = entryOf(request, response, address);
        if (!entry) return;
        if (entry.status !== null && entry.status >= 400 && !refusals.take(entry.key.id).allowed) return;
        audit.add(entry);
        log.info({ audit: entry }, `${entry.key.name}: ${entry.action}`);
      });
    next();
  };
}

/** They compute an answer and change nothing. */
const changeNothing: ReadonlySet<unknown> = new Set(['/v1/runs/check', '/v1/runs/:id/predict', '/v1/runs/:id/search']);

function entryOf(
  request: IncomingMessage & Routed,
  response: ServerResponse,
  address: string,
): Omit<AuditEntry, 'number'> | undefined {
  const caller = callerOf(request);
  if (caller.standing !== 'key') return undefined;
  const { route, params, method } = request;
  if (changeNothing.has(route?.path)) return undefined;
  // What is made is named by the answer.
  const made = /\/([\w.-]+)$/.exec(String(response.getHeader('location') ?? ''))?.[1];
  return {
    at: new Date().toISOString(),
    key: { id: caller.key.id, name: caller.key.name, scope: caller.key.scope },
    session: caller.session !== undefined,
    address,
    action: `${method} ${typeof route?.path === 'string' ? route.path : 'elsewhere'}`,
    subject: (params?.['id'] ?? made ?? null)?.slice(0, 200) ?? null,
    status: response.writableFinished ? response.statusCode : null,
    requestId: requestIdOf(response),
  };
}
