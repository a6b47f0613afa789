import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { ErrorCode, TandemError, type Problem } from '#protocol/tandem-error.js';
import type { StoreAccess } from '#store/open-store.js';

/** Every setting under its variable's name. A flag is the same name in its short form: TANDEM_DATA_DIR is --data-dir. */
const settingsSchema = z.object({
  TANDEM_HOST: z.string().min(1).default('127.0.0.1').describe('Address to listen on.'),
  TANDEM_PORT: z.coerce.number().int().min(0).max(65_535).default(7400).describe('Port to listen on; 0 for any free one.'),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'expected redis://HOST:PORT or rediss://HOST:PORT' }).default('redis://127.0.0.1:6379').describe('Redis that carries the tasks.'),
  TANDEM_STORE: z.string().min(1).default('file:./.tandem/store').describe('file:DIR or s3://BUCKET/PREFIX, where runs are kept.'),
  TANDEM_DATA_DIR: z.string().min(1).default('./.tandem').describe('Directory for what is the coordinator\'s own: the hash of its API key.'),
  TANDEM_API_KEY: z.string().min(16, 'expected at least 16 characters').optional().describe('The API key; one is made and printed once if left out.'),
  TANDEM_S3_ENDPOINT: z.url({ protocol: /^https?$/ }).optional().describe('S3 server; AWS if left out.'),
  TANDEM_S3_REGION: z.string().min(1).optional(),
  TANDEM_S3_ACCESS_KEY_ID: z.string().min(1).optional(),
  TANDEM_S3_SECRET_ACCESS_KEY: z.string().min(1).optional(),
  TANDEM_S3_FORCE_PATH_STYLE: z.stringbool({ truthy: ['true', '1'], falsy: ['false', '0'], error: 'expected true or false' }).optional(),
  TANDEM_THREADS: z.coerce.number().int().min(1).max(1024).optional().describe('Threads of the loss and the update; all processors if left out.'),
  TANDEM_QUEUE_PREFIX: z.string().regex(/^[A-Za-z0-9_-]+$/, 'expected letters, digits, _ and -').default('tandem').describe('Keys in Redis start with it; one per coordinator.'),
  TANDEM_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  TANDEM_BODY_BYTES_MAX: z.coerce.number().int().min(1024).max(2 ** 30).default(2 ** 20).describe('Largest request body.'),
});
type Settings = z.output<typeof settingsSchema>;
type Name = keyof typeof settingsSchema.shape;

const secrets: readonly Name[] = ['REDIS_URL', 'TANDEM_API_KEY', 'TANDEM_S3_ACCESS_KEY_ID', 'TANDEM_S3_SECRET_ACCESS_KEY'];

export interface CoordinatorConfig {
  readonly host: string;
  readonly port: number;
  readonly redisUrl: string;
  readonly store: string;
  readonly storeAccess: StoreAccess;
  readonly dataDir: string;
  readonly apiKey: string | undefined;
  readonly threads: number | undefined;
  readonly queuePrefix: string;
  readonly logLevel: Settings['TANDEM_LOG_LEVEL'];
  readonly bodyBytesMax: number;
}

/**
 * Read the settings of a coordinator. A flag wins over its variable; a secret may be given as a file, NAME_FILE.
 * Throws one CONFIG_INVALID error that lists every problem.
 */
export function readConfig(flags: readonly string[], environment: Readonly<Record<string, string | undefined>>): CoordinatorConfig {
  const problems: Problem[] = [];
  const given: Partial<Record<Name, string>> = { ...readVariables(environment, problems), ...readFlags(flags, problems) };
  const parsed = settingsSchema.safeParse(given);
  if (!parsed.success) problems.push(...parsed.error.issues.map((issue) => describeIssue(issue, given)));
  if (!parsed.success || problems.length > 0) throw refusal(problems);
  return configOf(parsed.data);
}

/** One line for each setting: its variable, flag, default and meaning. */
export function describeSettings(): string {
  const lines = names.map((name) => {
    const { default: fallback, description = '' } = z.toJSONSchema(settingsSchema.shape[name], { io: 'input' });
    return `  --${flagOf(name).padEnd(24)} ${name.padEnd(28)} ${description}${fallback === undefined ? '' : ` (${String(fallback)})`}`.trimEnd();
  });
  return [...lines, `  A secret may be in a file: ${secrets.map((name) => `${name}_FILE`).join(', ')}.`].join('\n');
}

const names = Object.keys(settingsSchema.shape) as Name[];

function flagOf(name: Name): string {
  return name.replace(/^TANDEM_/, '').toLowerCase().replaceAll('_', '-');
}

function readVariables(environment: Readonly<Record<string, string | undefined>>, problems: Problem[]): Partial<Record<Name, string>> {
  const given: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = environment[name];
    const file = secrets.includes(name) ? environment[`${name}_FILE`] : undefined;
    if (value && file) problems.push({ path: `${name}_FILE`, message: `expected only one of ${name} and ${name}_FILE, got both` });
    else if (value) given[name] = value;
    else if (file) readSecret(name, file, given, problems);
  }
  return given;
}

function readSecret(name: Name, file: string, given: Partial<Record<Name, string>>, problems: Problem[]): void {
  try {
    given[name] = readFileSync(file, 'utf8').trim();
  } catch (error) {
    problems.push({ path: `${name}_FILE`, message: `expected a readable file, got "${file}" (${(error as NodeJS.ErrnoException).code})` });
  }
}

function readFlags(flags: readonly string[], problems: Problem[]): Partial<Record<Name, string>> {
  const options = Object.fromEntries(names.map((name) => [flagOf(name), { type: 'string' as const }]));
  try {
    const { values } = parseArgs({ args: [...flags], options, allowPositionals: false });
    return Object.fromEntries(names.filter((name) => values[flagOf(name)] !== undefined).map((name) => [name, values[flagOf(name)]]));
  } catch (error) {
    problems.push({ path: 'command line', message: (error as Error).message });
    return {};
  }
}

function describeIssue(issue: z.core.$ZodIssue, given: Partial<Record<Name, string>>): Problem {
  const name = String(issue.path[0]) as Name;
  const value = secrets.includes(name) ? 'a secret that does not fit' : JSON.stringify(given[name]);
  return { path: `${name} (--${flagOf(name)})`, message: `${issue.message}, got ${value}` };
}

function refusal(problems: readonly Problem[]): TandemError {
  const lines = problems.map(({ path, message }) => `  ${path}: ${message}`);
  return new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `The coordinator's settings have ${problems.length} problem${problems.length > 1 ? 's' : ''}:\n${lines.join('\n')}`,
    help: 'Start with --help for every setting, its default and its meaning.',
    problems,
  });
}

function configOf(settings: Settings): CoordinatorConfig {
  const access = {
    endpoint: settings.TANDEM_S3_ENDPOINT,
    region: settings.TANDEM_S3_REGION,
    accessKeyId: settings.TANDEM_S3_ACCESS_KEY_ID,
    secretAccessKey: settings.TANDEM_S3_SECRET_ACCESS_KEY,
    forcePathStyle: settings.TANDEM_S3_FORCE_PATH_STYLE,
  };
  return {
    host: settings.TANDEM_HOST,
    port: settings.TANDEM_PORT,
    redisUrl: settings.REDIS_URL,
    store: settings.TANDEM_STORE,
    storeAccess: Object.fromEntries(Object.entries(access).filter(([, value]) => value !== undefined)),
    dataDir: resolve(settings.TANDEM_DATA_DIR),
    apiKey: settings.TANDEM_API_KEY,
    threads: settings.TANDEM_THREADS,
    queuePrefix: settings.TANDEM_QUEUE_PREFIX,
    logLevel: settings.TANDEM_LOG_LEVEL,
    bodyBytesMax: settings.TANDEM_BODY_BYTES_MAX,
  };
}
