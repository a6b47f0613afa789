import type { z } from 'zod';
import { keyListSchema, madeKeySchema, type KeyStatus, type MadeKey, type NewKey } from '#protocol/access/api-key.js';
import { auditPageSchema, type AuditPage } from '#protocol/access/audit-entry.js';
import { errorBodySchema } from '#protocol/error-body.js';
import {
  metricsPageSchema,
  runListSchema,
  runStatusSchema,
  workerListSchema,
  type MetricsPage,
  type RunStatus,
  type RunSummary,
  type WorkerStatus,
} from '#protocol/run/run-status.js';
import type { AmendmentInput } from '#protocol/run/amendment.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/**
 * The coordinator's HTTP API as functions. Every failure is a TandemError: either the coordinator's own error, or
 * TRANSPORT_FAILED or PROTOCOL_MISMATCH where no coordinator of this version answers.
 */
export interface ApiClient {
  readonly url: string;
  ready(): Promise<boolean>;
  /** Start a run. A second call with the same idempotency key and document returns the run of the first. */
  submit(document: unknown, idempotencyKey?: string): Promise<RunStatus>;
  /** All runs that the coordinator lists, the newest first. */
  runs(): Promise<RunSummary[]>;
  run(id: string): Promise<RunStatus>;
  /** Metrics of the committed steps from step `from` on, one page of them. */
  metrics(id: string, from: number): Promise<MetricsPage>;
  /** Stop a run after the step in progress; asked again, at once. */
  cancel(id: string): Promise<RunStatus>;
  /** Stop a run as `cancel` does, to be resumed. */
  pause(id: string): Promise<RunStatus>;
  /** Let a run go on that is paused or has ended, with changes to its document. */
  resume(id: string, amendment?: AmendmentInput): Promise<RunStatus>;
  /** Remove a run that has ended or is paused, and all that its store holds of it. */
  remove(id: string): Promise<void>;
  workers(): Promise<WorkerStatus[]>;
  keys(): Promise<KeyStatus[]>;
  /** Make a key of the API. Nothing shows it again. */
  createKey(wanted: NewKey): Promise<MadeKey>;
  revokeKey(id: string): Promise<void>;
  /** One page of the audit log, the newest entries first; those before the number `before`. */
  audit(limit: number, before?: number): Promise<AuditPage>;
}

export interface ApiOptions {
  readonly url: string;
  readonly apiKey?: string | undefined;
  readonly timeoutMs?: number;
}

interface Sent {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

type Method = 'GET' | 'POST' | 'DELETE';

export const defaultUrl = 'http://127.0.0.1:7400';

export function connectApi({ url, apiKey, timeoutMs = 30_000 }: ApiOptions): ApiClient {
  const base = url.replace(/\/+$/, '');
  const request = async (method: Method, path: string, { body, headers }: Sent = {}): Promise<Response> => {
    try {
      return await fetch(`${base}${path}`, {
        method,
        headers: {
          ...headers,
          ...(apiKey && { 'x-api-key': apiKey }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (error) {
      throw unreachable(base, error);
    }
  };
  const call = async <T>(answer: z.ZodType<T>, method: Method, path: string, sent?: Sent): Promise<T> => {
    const response = await request(method, path, sent);
    const content = await readJson(response);
    if (!response.ok) throw refusal(base, response, content);
    const parsed = answer.safeParse(content);
    if (!parsed.success) throw notTandem(base, `${method} ${path} answered with something else`);
    return parsed.data;
  };
  /** A call that is answered by nothing. */
  const done = async (method: Method, path: string): Promise<void> => {
    const response = await request(method, path);
    if (!response.ok) throw refusal(base, response, await readJson(response));
  };
  return {
    url: base,
    ready: async () => (await request('GET', '/health/ready').catch(() => undefined))?.ok ?? false,
    submit: (document, key) =>
      call(runStatusSchema, 'POST', '/v1/runs', {
        body: document,
        ...(key !== undefined && { headers: { 'idempotency-key': key } }),
      }),
    async runs() {
      const runs: RunSummary[] = [];
      for (let after = ''; ;) {
        const page = await call(runListSchema, 'GET', `/v1/runs?limit=1000${after}`);
        runs.push(...page.runs);
        if (page.next === null) return runs;
        after = `&after=${encodeURIComponent(page.next)}`;
      }
    },
    run: (id) => call(runStatusSchema, 'GET', pathOf(id)),
    metrics: (id, from) => call(metricsPageSchema, 'GET', `${pathOf(id)}/metrics?from=${from}`),
    cancel: (id) => call(runStatusSchema, 'POST', `${pathOf(id)}/cancel`),
    pause: (id) => call(runStatusSchema, 'POST', `${pathOf(id)}/pause`),
    resume: (id, amendment = {}) => call(runStatusSchema, 'POST', `${pathOf(id)}/resume`, { body: amendment }),
    remove: (id) => done('DELETE', pathOf(id)),
    workers: async () => (await call(workerListSchema, 'GET', '/v1/workers')).workers,
    keys: async () => (await call(keyListSchema, 'GET', '/v1/keys')).keys,
    createKey: (wanted) => call(madeKeySchema, 'POST', '/v1/keys', { body: wanted }),
    audit: (limit, before) =>
      call(auditPageSchema, 'GET', `/v1/audit?limit=${limit}${before === undefined ? '' : `&before=${before}`}`),
    revokeKey: (id) => done('DELETE', `/v1/keys/${encodeURIComponent(id)}`),
  };
}

function pathOf(id: string): string {
  return `/v1/runs/${encodeURIComponent(id)}`;
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusal(base: string, response: Response, content: unknown): TandemError {
  const body = errorBodySchema.safeParse(content);
  if (!body.success) return notTandem(base, `it answered ${response.status} ${response.statusText}`);
  const error = TandemError.fromWire(body.data);
  if (error.code !== ErrorCode.Unauthorised) return error;
  return new TandemError({
    ...body.data,
    help:
      'Give the key the coordinator printed at its first start, or one of tandem keys create: --api-key KEY or ' +
      'TANDEM_API_KEY=KEY.',
  });
}

function notTandem(base: string, what: string): TandemError {
  return new TandemError({
    code: ErrorCode.ProtocolMismatch,
    message: `Expected a Tandem coordinator of this version at ${base}, but ${what}`,
    help: 'Check --url or TANDEM_URL, and that coordinator and command are of the same version.',
  });
}

function unreachable(base: string, cause: unknown): TandemError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const reason = inner instanceof Error ? inner.message || inner.name : String(inner);
  return new TandemError({
    code: ErrorCode.TransportFailed,
    message: `Expected a coordinator at ${base}, got no answer (${reason})`,
    help: 'Start one with `tandem coordinator`, or name another with --url or TANDEM_URL.',
    retryable: true,
    cause,
  });
}
