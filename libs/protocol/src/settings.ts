import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { withoutSecrets } from './input/hidden-secrets.js';
import { redisAddress } from './redis/redis-address.js';
import { ErrorCode, TandemError, type Problem } from './tandem-error.js';

/** A file of certificates in PEM, by its path; its text once it is read. */
const certificates = z
  .string()
  .min(1)
  .transform((path, context) => {
    const text = textOf(path);
    if (text?.includes('-----BEGIN CERTIFICATE-----')) return text;
    context.addIssue({ code: 'custom', message: 'expected a readable file with certificates in PEM' });
    return z.NEVER;
  });

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Settings of every process that talks to Redis. Each is an environment variable and a flag: TANDEM_LOG_LEVEL is also
 * --log-level.
 */
export const transportSettings = {
  REDIS_URL: z
    .string()
    .superRefine((url, context) => {
      try {
        redisAddress(url);
      } catch (error) {
        context.addIssue({ code: 'custom', message: (error as Error).message });
      }
    })
    .default('redis://127.0.0.1:6379')
    .describe(
      'URL of the Redis that carries the tasks: redis://USER:PASSWORD@HOST:PORT/DATABASE, rediss:// for TLS, ' +
        'unix:///PATH?db=DATABASE, or redis+sentinel://HOST:PORT,HOST:PORT/NAME/DATABASE.',
    ),
  TANDEM_REDIS_CA: certificates
    .optional()
    .describe('File with the certificates that sign that of Redis (rediss://); those that Node knows if left out.'),
  TANDEM_REDIS_EVICTION: z
    .enum(['refused', 'allowed'], 'expected refused or allowed')
    .default('refused')
    .describe('Whether to accept a Redis that evicts keys, tasks included, when its memory is full.'),
  TANDEM_QUEUE_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/, 'expected letters, digits, _ and -')
    .default('tandem')
    .describe('Prefix of all keys in Redis; one per coordinator.'),
  TANDEM_GRACE_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(3_600_000)
    .default(20_000)
    .describe(
      'How long a stop may take, with the step in progress and its checkpoint, or the tasks at work and their ' +
        'answers. Then the process ends as it is.',
    ),
  TANDEM_POOL_KEY: z
    .string()
    .min(16, 'expected at least 16 characters')
    .optional()
    .describe(
      'Secret of coordinator and workers: what they send through Redis is signed with it, and nothing else is ' +
        'believed. If left out, whoever can write to Redis is.',
    ),
  TANDEM_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Log level; logs are one JSON object per line on standard error.'),
};

/** Where traces of steps go: the standard variables of OpenTelemetry. */
export const traceSettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'Address of an OpenTelemetry collector (OTLP over HTTP) that gets a trace of each step; none if left out.',
    ),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('Share of the steps that are traced, from 0 to 1. The same for coordinator and workers.'),
};

export interface TraceSettings {
  readonly endpoint: string;
  readonly share: number;
}

export function tracesOf(settings: z.output<z.ZodObject<typeof traceSettings>>): TraceSettings | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: share } = settings;
  return endpoint === undefined ? undefined : { endpoint, share };
}

/** Access to an S3 store. Not needed for a store in a directory. */
export const s3Settings = {
  TANDEM_S3_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('URL of the S3 server; AWS if left out.'),
  TANDEM_S3_CA: certificates
    .optional()
    .describe('File with the certificates that sign that of the S3 server (https://), likewise.'),
  TANDEM_S3_REGION: z
    .string()
    .min(1)
    .optional()
    .describe('Region of the S3 server; taken from the AWS settings if left out.'),
  TANDEM_S3_ACCESS_KEY_ID: z
    .string()
    .min(1)
    .optional()
    .describe('Access key id for the S3 server; taken from the AWS settings if left out.'),
  TANDEM_S3_SECRET_ACCESS_KEY: z.string().min(1).optional().describe('Secret that belongs to the access key id.'),
  TANDEM_S3_FORCE_PATH_STYLE: z
    .stringbool({ truthy: ['true', '1'], falsy: ['false', '0'], error: 'expected true or false' })
    .optional()
    .describe(
      'Address buckets as ENDPOINT/BUCKET rather than BUCKET.ENDPOINT; true if left out and an ' + 'endpoint is set.',
    ),
};
type S3Variables = z.output<z.ZodObject<typeof s3Settings>>;

export interface S3Settings {
  readonly endpoint?: string;
  /** Certificates that sign the server's, in PEM. */
  readonly ca?: string;
  readonly region?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly forcePathStyle?: boolean;
}

export function s3Access(settings: S3Variables): S3Settings {
  const access = {
    endpoint: settings.TANDEM_S3_ENDPOINT,
    ca: settings.TANDEM_S3_CA,
    region: settings.TANDEM_S3_REGION,
    accessKeyId: settings.TANDEM_S3_ACCESS_KEY_ID,
    secretAccessKey: settings.TANDEM_S3_SECRET_ACCESS_KEY,
    forcePathStyle: settings.TANDEM_S3_FORCE_PATH_STYLE,
  };
  return Object.fromEntries(Object.entries(access).filter(([, value]) => value !== undefined));
}

/** Where compiled programs are kept between processes. */
export const cacheSettings = {
  TANDEM_CACHE: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Directory for compiled programs, or off; a folder named tandem in the user's cache directory " + 'if left out.',
    ),
  TANDEM_CACHE_BYTES: z.coerce
    .number()
    .int()
    .min(0)
    .default(2 ** 28)
    .describe('Size limit of that directory in bytes; the least recently used programs are removed first.'),
};

/** Of workers: where data sets that are read from S3 are kept. */
export const dataCacheSettings = {
  TANDEM_DATA_CACHE_BYTES: z.coerce
    .number()
    .int()
    .min(0)
    .default(8 * 2 ** 30)
    .describe(
      'How many bytes of training data from S3 are kept in the directory of TANDEM_CACHE; 0 keeps none. Workers of ' +
        'one machine share them. Data sets that are larger are kept in part if they are read in blocks.',
    ),
};

export interface CacheLimits {
  readonly folder: string;
  readonly bytesMax: number;
}

/**
 * The cache directory and its limit; undefined if caching is off or the user has no home directory. The default is in
 * XDG_CACHE_HOME, or else ~/.cache.
 */
export function cacheLimits(
  { TANDEM_CACHE: given, TANDEM_CACHE_BYTES: bytesMax }: z.output<z.ZodObject<typeof cacheSettings>>,
  environment: Environment,
): CacheLimits | undefined {
  if (given === 'off') return undefined;
  const folder = given === undefined ? usersFolder(environment) : resolve(given);
  return folder === undefined ? undefined : { folder: join(folder, 'programs'), bytesMax };
}

/** Where training data are kept, and how many bytes; undefined if none are. */
export function dataCacheLimits(
  settings: z.output<z.ZodObject<typeof cacheSettings & typeof dataCacheSettings>>,
  environment: Environment,
): CacheLimits | undefined {
  const { TANDEM_DATA_CACHE_BYTES: bytesMax } = settings;
  const programs = cacheLimits(settings, environment);
  return programs && bytesMax > 0 ? { folder: join(programs.folder, '..', 'data'), bytesMax } : undefined;
}

function usersFolder({ XDG_CACHE_HOME: cache = '', HOME: home = '' }: Environment): string | undefined {
  if (isAbsolute(cache)) return join(cache, 'tandem');
  try {
    return join(home || homedir(), '.cache', 'tandem');
  } catch {
    return undefined; // In a container the user may have no entry in /etc/passwd.
  }
}

/** Variables with secrets. Each may be given as a file, NAME_FILE, and none is shown in errors. */
const secrets: readonly string[] = [
  'REDIS_URL',
  'TANDEM_API_KEY',
  'TANDEM_POOL_KEY',
  'TANDEM_S3_ACCESS_KEY_ID',
  'TANDEM_S3_SECRET_ACCESS_KEY',
];

/** The values of secrets, to be hidden. */
export function secretsOf(settings: Readonly<Record<string, unknown>>): string[] {
  return secrets.map((name) => settings[name]).filter((value) => typeof value === 'string');
}

type Given = Record<string, string>;
type Environment = Readonly<Record<string, string | undefined>>;

export interface SettingsRequest<Schema extends z.ZodObject> {
  /** Name of the program, for the error message. */
  readonly program: string;
  readonly schema: Schema;
  readonly flags: readonly string[];
  readonly environment: Environment;
}

/**
 * Reads a program's settings from its flags and environment variables; a flag wins over its variable. Throws a single
 * CONFIG_INVALID error that lists every problem.
 */
export function readSettings<Schema extends z.ZodObject>({
  program,
  schema,
  flags,
  environment,
}: SettingsRequest<Schema>): z.output<Schema> {
  const names = Object.keys(schema.shape);
  const problems: Problem[] = [];
  const given: Given = { ...readVariables(names, environment, problems), ...readFlags(names, flags, problems) };
  const parsed = schema.safeParse(given);
  if (!parsed.success) problems.push(...parsed.error.issues.map((issue) => describeIssue(issue, given)));
  if (!parsed.success || problems.length > 0) throw refusal(program, problems);
  return parsed.data;
}

/** The help text: one line per setting with its flag, variable, meaning and default. */
export function describeSettings(schema: z.ZodObject): string {
  const names = Object.keys(schema.shape);
  const lines = names.map((name) => {
    const { default: fallback, description = '' } = z.toJSONSchema(schema.shape[name] as z.ZodType, {
      io: 'input',
    }) as { readonly default?: string | number; readonly description?: string };
    return (
      `  --${flagOf(name).padEnd(24)} ${name.padEnd(28)} ` +
      `${description}${fallback === undefined ? '' : ` (${fallback})`}`
    ).trimEnd();
  });
  const files = secrets.filter((name) => names.includes(name)).map((name) => `${name}_FILE`);
  return [...lines, `  A secret may be in a file: ${files.join(', ')}.`].join('\n');
}

function flagOf(name: string): string {
  return name
    .replace(/^TANDEM_/, '')
    .toLowerCase()
    .replaceAll('_', '-');
}

function readVariables(names: readonly string[], environment: Environment, problems: Problem[]): Given {
  const given: Given = {};
  for (const name of names) {
    const value = environment[name];
    const file = secrets.includes(name) ? environment[`${name}_FILE`] : undefined;
    if (value && file)
      problems.push({ path: `${name}_FILE`, message: `expected only one of ${name} and ${name}_FILE, got both` });
    else if (value) given[name] = value;
    else if (file) readSecret(name, file, given, problems);
  }
  return given;
}

function readSecret(name: string, file: string, given: Given, problems: Problem[]): void {
  try {
    given[name] = readFileSync(file, 'utf8').trim();
  } catch (error) {
    problems.push({
      path: `${name}_FILE`,
      message: `expected a readable file, got "${file}" (${(error as NodeJS.ErrnoException).code})`,
    });
  }
}

function readFlags(names: readonly string[], flags: readonly string[], problems: Problem[]): Given {
  const options = Object.fromEntries(names.map((name) => [flagOf(name), { type: 'string' as const }]));
  try {
    const { values } = parseArgs({ args: [...flags], options, allowPositionals: false });
    return Object.fromEntries(
      names.flatMap((name) => (values[flagOf(name)] === undefined ? [] : [[name, String(values[flagOf(name)])]])),
    );
  } catch (error) {
    problems.push({ path: 'command line', message: (error as Error).message });
    return {};
  }
}

function describeIssue(issue: z.core.$ZodIssue, given: Given): Problem {
  const name = String(issue.path[0]);
  // A URL without a user, a password or options shows nothing.
  const isSecret = secrets.includes(name) && !(name === 'REDIS_URL' && !/[@?#]/.test(given[name] ?? ''));
  const value = isSecret ? 'a secret that does not fit' : JSON.stringify(withoutSecrets(given[name] ?? ''));
  return { path: `${name} (--${flagOf(name)})`, message: `${issue.message}, got ${value}` };
}

function refusal(program: string, problems: readonly Problem[]): TandemError {
  const lines = problems.map(({ path, message }) => `  ${path}: ${message}`);
  return new TandemError({
    code: ErrorCode.ConfigInvalid,
    message:
      `The ${program}'s settings have ${problems.length} ` +
      `problem${problems.length > 1 ? 's' : ''}:\n${lines.join('\n')}`,
    help: 'Start with --help for every setting, its default and its meaning.',
    problems,
  });
}
