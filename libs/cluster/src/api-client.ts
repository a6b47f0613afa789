import createClient from 'openapi-fetch';
import type { z } from 'zod';
import {
  keyListSchema,
  madeKeySchema,
  poolKeySchema,
  type KeyStatus,
  type MadeKey,
  type NewKey,
} from '#protocol/access/api-key.js';
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
import type { paths } from '#protocol/api-types.js';

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
  /** Give a run another priority, also while it trains. */
  prioritize(id: string, priority: number): Promise<RunStatus>;
  /** Remove a run that has ended or is paused, and all that its store holds of it. */
  remove(id: string): Promise<void>;
  workers(): Promise<WorkerStatus[]>;
  keys(): Promise<KeyStatus[]>;
  /** Make a key of the API. Nothing shows it again. */
  createKey(wanted: NewKey): Promise<MadeKey>;
  revokeKey(id: string): Promise<void>;
  /** The key with which a worker signs its messages. */
  poolKey(): Promise<string>;
  /** One page of the audit log, the newest entries first; those before the number `before`. */
  audit(limit: number, before?: number): Promise<AuditPage>;
}

export interface ApiOptions {
  readonly url: string;
  readonly apiKey?: string | undefined;
  readonly timeoutMs?: number;
}

export const defaultUrl = 'http://127.0.0.1:7400';

export function connectApi({ url, apiKey, timeoutMs = 30_000 }: ApiOptions): ApiClient {
  const base = url.replace(/\/+$/, '');
  const api = createClient<paths>({
    baseUrl: base,
    headers: apiKey ? { 'x-api-key': apiKey } : {},
    async fetch(request) {
      try {
        return await fetch(request, { signal: AbortSignal.timeout(timeoutMs) });
      } catch (error) {
        throw unreachable(base, error);
      }
    },
  });
  /** What a call answers. The types are those of the API's description; who answers may be something else. */
  const call = async <T>(schema: z.ZodType<T>, sent: Promise<Answered>): Promise<T> => {
    const { data, response } = await answered(base, sent);
    const parsed = schema.safeParse(data);
    if (!parsed.success) throw notTandem(base, `${pathOf(response)} answered with something else`);
    return parsed.data;
  };
  const path = (id: string) => ({ params: { path: { id } } });
  return {
    url: base,
    ready: () =>
      api.GET('/health/ready').then(
        ({ response }) => response.ok,
        () => false,
      ),
    submit: (document, key) =>
      call(
        runStatusSchema,
        api.POST('/v1/runs', {
          body: document as never, // The coordinator checks it.
          params: { header: key === undefined ? {} : { 'idempotency-key': key } },
        }),
      ),
    async runs() {
      const runs: RunSummary[] = [];
      for (let after: string | undefined; ;) {
        const query = { limit: 1000, ...(after !== undefined && { after }) };
        const page = await call(runListSchema, api.GET('/v1/runs', { params: { query } }));
        runs.push(...page.runs);
        if (page.next === null) return runs;
        after = page.next;
      }
    },
    run: (id) => call(runStatusSchema, api.GET('/v1/runs/{id}', path(id))),
    metrics: (id, from) =>
      call(metricsPageSchema, api.GET('/v1/runs/{id}/metrics', { params: { path: { id }, query: { from } } })),
    cancel: (id) => call(runStatusSchema, api.POST('/v1/runs/{id}/cancel', path(id))),
    pause: (id) => call(runStatusSchema, api.POST('/v1/runs/{id}/pause', path(id))),
    resume: (id, amendment = {}) =>
      call(runStatusSchema, api.POST('/v1/runs/{id}/resume', { ...path(id), body: amendment as Resumption })),
    prioritize: (id, priority) =>
      call(runStatusSchema, api.POST('/v1/runs/{id}/priority', { ...path(id), body: { priority } })),
    remove: async (id) => void (await answered(base, api.DELETE('/v1/runs/{id}', path(id)))),
    workers: async () => (await call(workerListSchema, api.GET('/v1/workers'))).workers,
    keys: async () => (await call(keyListSchema, api.GET('/v1/keys'))).keys,
    createKey: (wanted) => call(madeKeySchema, api.POST('/v1/keys', { body: wanted })),
    poolKey: async () => (await call(poolKeySchema, api.GET('/v1/pool/key'))).poolKey,
    revokeKey: async (id) => void (await answered(base, api.DELETE('/v1/keys/{id}', path(id)))),
    audit: (limit, before) =>
      call(
        auditPageSchema,
        api.GET('/v1/audit', { params: { query: { limit, ...(before !== undefined && { before }) } } }),
      ),
  };
}

type Resumption = NonNullable<paths['/v1/runs/{id}/resume']['post']['requestBody']>['content']['application/json'];

interface Answered {
  readonly data?: unknown;
  readonly error?: unknown;
  readonly response: Response;
}

/** Throws the coordinator's own error, or PROTOCOL_MISMATCH where something else answers. */
async function answered(base: string, sent: Promise<Answered>): Promise<Answered> {
  try {
    const answer = await sent;
    if (answer.response.ok) return answer;
    throw refusal(base, answer.response, answer.error);
  } catch (error) {
    // A body that is not JSON, whatever its type says.
    if (error instanceof SyntaxError) throw notTandem(base, 'it answered with something else');
    throw error instanceof TandemError ? error : unreachable(base, error);
  }
}

function pathOf({ url }: Response): string {
  return URL.canParse(url) ? new URL(url).pathname : 'it';
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
