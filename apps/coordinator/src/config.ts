import { resolve } from 'node:path';
import { z } from 'zod';
import { deviceChoices, type DeviceChoice } from '#engine/device.js';
import {
  cacheLimits,
  cacheSettings,
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
import type { CertificateFiles } from './http/certificate.js';
import type { RequestRateLimits } from './http/limits/request-rates.js';
import type { RetentionRules } from './runs/retention/expired-runs.js';
import type { StoreAccess } from '#store/open-store.js';
import type { StoreRoots } from '#store/store-roots.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { endStates } from '#protocol/run/run-status.js';
import { isLoopback } from '#protocol/loopback.js';

const roots = z
  .string()
  .transform((text) =>
    text.trim() === 'any'
      ? 'any'
      : text.trim() === 'none'
        ? []
        : text
            .split(',')
            .map((place) => place.trim())
            .filter((place) => place !== ''),
  )
  .optional();

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

/** Every setting of a coordinator, by the name of its environment variable. */
const settingsSchema = z.object({
  TANDEM_HOST: z.string().min(1).default('127.0.0.1').describe('Address to listen on.'),
  TANDEM_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(7400)
    .describe('Port to listen on; 0 for any free one.'),
  TANDEM_STORE: z
    .string()
    .min(1)
    .default('file:./.tandem/store')
    .describe('file:DIR or s3://BUCKET/PREFIX, where runs are kept.'),
  TANDEM_DATA_ROOTS: roots.describe(
    'Places that run documents may read data sets and weights from, and all below them: directories ' +
      'and s3://BUCKET/PREFIX with commas between, any, or none but the store. If left out, any on a ' +
      'loopback address, none elsewhere.',
  ),
  TANDEM_STORE_ROOTS: roots.describe('Places where run documents may have a store of their own, likewise.'),
  TANDEM_DATA_DIR: z
    .string()
    .min(1)
    .default('./.tandem')
    .describe("Directory for what is the coordinator's own: the hash of the key made at its first start."),
  TANDEM_API_KEY: z
    .string()
    .min(16, 'expected at least 16 characters')
    .optional()
    .describe('An API key that may do all; one is made and printed once if left out. `tandem keys` makes others.'),
  TANDEM_STANDBY: z
    .enum(['wait', 'refuse'], 'expected wait or refuse')
    .default('wait')
    .describe(
      'What to do where another coordinator leads the store or uses the queues: wait to take over from it, or refuse ' +
        'to start.',
    ),
  TANDEM_RESUME: z
    .enum(['auto', 'manual'], 'expected auto or manual')
    .default('auto')
    .describe('Whether runs that were under way or queued when a coordinator stopped go on by themselves.'),
  TANDEM_RUNS_AT_ONCE: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe('How many runs may train at once and share the pool, as far as memory holds them. Others wait.'),
  TANDEM_KEEP_RUNS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe('How many completed runs are kept: older ones are removed, with their checkpoints. All if left out.'),
  TANDEM_KEEP_RUNS_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(36_500)
    .optional()
    .describe('For how many days completed runs are kept, likewise.'),
  TANDEM_KEEP_RUNS_OF: z
    .enum(['completed', 'ended'], 'expected completed or ended')
    .default('completed')
    .describe('ended: these limits also hold for runs that failed or were cancelled, and could be resumed.'),
  TANDEM_DEVICE: z
    .enum(deviceChoices)
    .default('auto')
    .describe('What to compute the loss on: auto, cpu, webgpu, cuda, opencl or tfjs. `tandem devices` tries them.'),
  TANDEM_THREADS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1024)
    .optional()
    .describe('Threads of the loss and of the optimizer; one per CPU core if left out.'),
  ...cacheSettings,
  TANDEM_BODY_BYTES_MAX: z.coerce
    .number()
    .int()
    .min(1024)
    .max(2 ** 30)
    .default(2 ** 20)
    .describe('Largest request body.'),
  TANDEM_CORS_ORIGINS: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((origin) => origin.trim())
        .filter((origin) => origin !== ''),
    )
    .refine((origins) => origins.every(isOrigin), 'origins such as https://example.org, with commas between')
    .describe('Origins whose pages may read the API with a key, with commas between. A browser sends them no session.'),
  TANDEM_TLS_CERT: z
    .string()
    .min(1)
    .optional()
    .describe('File with the certificate of the API and those that sign it, in PEM: the API is then https.'),
  TANDEM_TLS_KEY: z
    .string()
    .min(1)
    .optional()
    .describe('File with its key, in PEM. Both are read again when they change.'),
  TANDEM_KEY_REQUESTS_PER_SECOND: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_000_000)
    .default(2000)
    .describe('Requests a second that are answered with one key; twice as many at once. 0: any number.'),
  TANDEM_ADDRESS_REQUESTS_PER_SECOND: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_000_000)
    .default(200)
    .describe('Requests a second without a key that are answered from one address, likewise.'),
  TANDEM_API_SHARE: z.coerce
    .number()
    .min(0.01)
    .max(1)
    .default(0.3)
    .describe("Share of the coordinator's time for answers of the API while a run trains; the rest wait their turn."),
  ...transportSettings,
  ...s3Settings,
  ...traceSettings,
});

export interface CoordinatorConfig {
  readonly host: string;
  readonly port: number;
  /** Where the certificate of the API and its key are, if it is to speak TLS. */
  readonly tls: CertificateFiles | undefined;
  readonly redisUrl: string;
  readonly redisCa: string | undefined;
  readonly redisEvictionAllowed: boolean;
  readonly store: string;
  readonly storeAccess: StoreAccess;
  readonly dataRoots: StoreRoots;
  readonly storeRoots: StoreRoots;
  readonly dataDir: string;
  readonly apiKey: string | undefined;
  readonly standby: 'wait' | 'refuse';
  readonly resume: 'auto' | 'manual';
  readonly runsAtOnce: number;
  readonly retention: RetentionRules;
  readonly graceMs: number;
  readonly device: DeviceChoice;
  readonly threads: number | undefined;
  readonly cache: ReturnType<typeof cacheLimits>;
  readonly queuePrefix: string;
  readonly poolKey: string | undefined;
  readonly logLevel: z.output<typeof settingsSchema>['TANDEM_LOG_LEVEL'];
  readonly bodyBytesMax: number;
  /** Origins whose pages may read the API. */
  readonly corsOrigins: readonly string[];
  /** What no log, error or answer may show. */
  readonly secrets: readonly (string | undefined)[];
  readonly rates: RequestRateLimits;
  /** Where traces of steps go, if anywhere. */
  readonly traces: TraceSettings | undefined;
  readonly apiShare: number;
}

/**
 * Reads the settings of a coordinator. A flag takes precedence over its environment variable. Throws one CONFIG_INVALID
 * error that lists every problem.
 */
export function readConfig(
  flags: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): CoordinatorConfig {
  const settings = readSettings({ program: 'coordinator', schema: settingsSchema, flags, environment });
  // On loopback, every caller is on this machine already. Elsewhere, a run document may not name any place by default.
  const defaultRoots: StoreRoots = isLoopback(settings.TANDEM_HOST) ? 'any' : [];
  return {
    host: settings.TANDEM_HOST,
    port: settings.TANDEM_PORT,
    tls: certificateFiles(settings),
    redisUrl: settings.REDIS_URL,
    redisCa: settings.TANDEM_REDIS_CA,
    redisEvictionAllowed: settings.TANDEM_REDIS_EVICTION === 'allowed',
    store: settings.TANDEM_STORE,
    storeAccess: s3Access(settings),
    dataRoots: settings.TANDEM_DATA_ROOTS ?? defaultRoots,
    storeRoots: settings.TANDEM_STORE_ROOTS ?? defaultRoots,
    dataDir: resolve(settings.TANDEM_DATA_DIR),
    apiKey: settings.TANDEM_API_KEY,
    standby: settings.TANDEM_STANDBY,
    resume: settings.TANDEM_RESUME,
    runsAtOnce: settings.TANDEM_RUNS_AT_ONCE,
    retention: {
      runs: settings.TANDEM_KEEP_RUNS,
      days: settings.TANDEM_KEEP_RUNS_DAYS,
      states: settings.TANDEM_KEEP_RUNS_OF === 'ended' ? endStates : ['completed'],
    },
    graceMs: settings.TANDEM_GRACE_MS,
    device: settings.TANDEM_DEVICE,
    threads: settings.TANDEM_THREADS,
    cache: cacheLimits(settings, environment),
    queuePrefix: settings.TANDEM_QUEUE_PREFIX,
    poolKey: settings.TANDEM_POOL_KEY,
    logLevel: settings.TANDEM_LOG_LEVEL,
    bodyBytesMax: settings.TANDEM_BODY_BYTES_MAX,
    corsOrigins: settings.TANDEM_CORS_ORIGINS,
    secrets: secretsOf(settings),
    rates: {
      keyPerSecond: settings.TANDEM_KEY_REQUESTS_PER_SECOND,
      addressPerSecond: settings.TANDEM_ADDRESS_REQUESTS_PER_SECOND,
    },
    traces: tracesOf(settings),
    apiShare: settings.TANDEM_API_SHARE,
  };
}

function certificateFiles({
  TANDEM_TLS_CERT: cert,
  TANDEM_TLS_KEY: key,
}: z.output<typeof settingsSchema>): CertificateFiles | undefined {
  if (cert !== undefined && key !== undefined) return { cert: resolve(cert), key: resolve(key) };
  if (cert === undefined && key === undefined) return undefined;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `TLS: expected TANDEM_TLS_CERT and TANDEM_TLS_KEY, got only ${cert ? 'the certificate' : 'the key'}`,
    help: 'Set both for https, or none for http.',
  });
}

/** The help text: one line for each setting of a coordinator. */
export function describeCoordinatorSettings(): string {
  return describeSettings(settingsSchema);
}
