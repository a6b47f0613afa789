import { hostname } from 'node:os';
import { z } from 'zod';
import { deviceChoices, type DeviceChoice } from '#engine/device.js';
import { workerIdSchema } from '#protocol/pool/presence.js';
import {
  cacheLimits,
  cacheSettings,
  dataCacheLimits,
  dataCacheSettings,
  describeSettings,
  readSettings,
  s3Access,
  s3Settings,
  secretsOf,
  traceSettings,
  tracesOf,
  transportSettings,
  type TraceSettings,
} from '#protocol/settings.js';

const settingsSchema = z.object({
  ...transportSettings,
  ...s3Settings,
  TANDEM_WORKER_ID: workerIdSchema.optional().describe('Names the worker; host and process id if left out.'),
  TANDEM_DEVICE: z
    .enum(deviceChoices)
    .default('auto')
    .describe('What to compute on: auto, cpu, webgpu, cuda, opencl or tfjs. `tandem devices` tries them.'),
  TANDEM_THREADS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1024)
    .default(1)
    .describe('Threads of one matmul. The results do not depend on it.'),
  TANDEM_STASH_BYTES: z
    .union([z.literal('auto'), z.coerce.number().int().min(0)], 'expected auto or a number of bytes')
    .default('auto')
    .describe(
      'Memory for activations between encode and backprop; what does not fit is recomputed. auto: what is free.',
    ),
  TANDEM_RUNS_HELD: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(2)
    .describe('How many runs a worker holds open at once, each with its model and parameters in memory.'),
  TANDEM_ALLOW_PRIVATE_ADDRESSES: z
    .stringbool({ truthy: ['true', '1'], falsy: ['false', '0'], error: 'expected true or false' })
    .default(false)
    .describe(
      'Whether requests of downloads may go to private, loopback and link-local addresses, which whoever submits a ' +
        'list then reaches from this machine.',
    ),
  TANDEM_LEASE_MS: z.coerce
    .number()
    .int()
    .min(1000)
    .default(30_000)
    .describe(
      "How long BullMQ's lock on a task lasts; the worker renews it. Who is lost the coordinator decides, by " +
        'heartbeats.',
    ),
  TANDEM_METRICS_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .describe('Port for /metrics, /health/live and /health/ready; 0 for any free one. If left out, there is none.'),
  TANDEM_METRICS_HOST: z.string().min(1).default('127.0.0.1').describe('Address that this port is opened on.'),
  ...cacheSettings,
  ...dataCacheSettings,
  ...traceSettings,
  TANDEM_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Address of the coordinator, to fetch the pool key from at the start in place of TANDEM_POOL_KEY.'),
  TANDEM_API_KEY: z
    .string()
    .min(16, 'expected at least 16 characters')
    .optional()
    .describe('API key of scope worker for that.'),
  TANDEM_CODE_VERSION: z.string().min(1).optional().describe('In place of the version read off the build.'),
});

export interface WorkerConfig {
  readonly id: string;
  readonly redisUrl: string;
  readonly redisCa: string | undefined;
  readonly redisEvictionAllowed: boolean;
  readonly queuePrefix: string;
  readonly poolKey: string | undefined;
  readonly device: DeviceChoice;
  readonly threads: number;
  readonly stashBytes: number | 'auto';
  readonly runsHeld: number;
  readonly allowsPrivateAddresses: boolean;
  readonly leaseMs: number;
  readonly graceMs: number;
  readonly logLevel: string;
  /** What no log may show. */
  readonly secrets: readonly (string | undefined)[];
  readonly metrics: { readonly host: string; readonly port: number } | undefined;
  /** Where to fetch the pool key, if it is not given. */
  readonly coordinator: { readonly url: string; readonly apiKey: string } | undefined;
  readonly code: string | undefined;
  /** Where traces of tasks go, if anywhere. */
  readonly traces: TraceSettings | undefined;
  readonly cache: ReturnType<typeof cacheLimits>;
  readonly dataCache: ReturnType<typeof dataCacheLimits>;
  readonly storeAccess: ReturnType<typeof s3Access>;
}

/** The help text: one line for each setting of a worker. */
export function describeWorkerSettings(): string {
  return describeSettings(settingsSchema);
}

/** Reads the settings of a worker. Throws one CONFIG_INVALID error that lists every problem. */
export function readConfig(
  flags: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): WorkerConfig {
  const settings = readSettings({ program: 'worker', schema: settingsSchema, flags, environment });
  return {
    id:
      settings.TANDEM_WORKER_ID ??
      `${hostname()
        .slice(0, 180)
        .replace(/[^A-Za-z0-9._-]/g, '-')}-${process.pid}`,
    redisUrl: settings.REDIS_URL,
    redisCa: settings.TANDEM_REDIS_CA,
    redisEvictionAllowed: settings.TANDEM_REDIS_EVICTION === 'allowed',
    queuePrefix: settings.TANDEM_QUEUE_PREFIX,
    poolKey: settings.TANDEM_POOL_KEY,
    device: settings.TANDEM_DEVICE,
    threads: settings.TANDEM_THREADS,
    stashBytes: settings.TANDEM_STASH_BYTES,
    runsHeld: settings.TANDEM_RUNS_HELD,
    allowsPrivateAddresses: settings.TANDEM_ALLOW_PRIVATE_ADDRESSES,
    leaseMs: settings.TANDEM_LEASE_MS,
    graceMs: settings.TANDEM_GRACE_MS,
    logLevel: settings.TANDEM_LOG_LEVEL,
    secrets: secretsOf(settings),
    metrics:
      settings.TANDEM_METRICS_PORT === undefined
        ? undefined
        : { host: settings.TANDEM_METRICS_HOST, port: settings.TANDEM_METRICS_PORT },
    coordinator:
      settings.TANDEM_URL === undefined || settings.TANDEM_API_KEY === undefined
        ? undefined
        : { url: settings.TANDEM_URL, apiKey: settings.TANDEM_API_KEY },
    code: settings.TANDEM_CODE_VERSION,
    traces: tracesOf(settings),
    cache: cacheLimits(settings, environment),
    dataCache: dataCacheLimits(settings, environment),
    storeAccess: s3Access(settings),
  };
}
