import { format } from 'node:util';

type Write = (facts: object, message: string) => void;

/** A log that library output goes to. */
export interface OutputLog {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}

const consoleLevels = {
  trace: 'debug',
  debug: 'debug',
  log: 'info',
  info: 'info',
  warn: 'warn',
  error: 'error',
} as const satisfies Readonly<Record<string, keyof OutputLog>>;

/** A line of more characters is logged in parts. */
const lineCharactersMax = 65_536;

/**
 * From now on, what packages write to the console or to `process.stderr`, warnings of Node, and what threads write, go
 * to the log, with the package that wrote it as `source` where that can be told. An exception that nobody catches is
 * logged too, and ends the process with 1. Native code that writes to the file descriptor itself is not seen.
 */
export function logLibraryOutput(log: OutputLog): void {
  for (const [method, level] of Object.entries(consoleLevels))
    Object.assign(console, {
      [method]: (...given: unknown[]) =>
        log[level]({ source: packageIn(new Error().stack) ?? 'console' }, format(...given)),
    });
  process.removeAllListeners('warning'); // Node's own listener, which writes text.
  process.on('warning', (warning: Error & { readonly code?: string }) => {
    const { name, code, stack, message } = warning;
    log.warn({ source: packageIn(stack) ?? 'node', warning: name, ...(code !== undefined && { code }) }, message);
  });
  process.on('uncaughtException', (error: unknown) => {
    const { stack } = error as Partial<Error>;
    log.error({ source: packageIn(stack) ?? 'node', stack }, `Nobody has caught this: ${String(error)}`);
    process.exit(1);
  });
  logStandardError(log);
}

function logStandardError(log: OutputLog): void {
  const decoder = new TextDecoder();
  let rest = '';
  const tell = (line: string, source: string): void => {
    if (line.trim() !== '') log.warn({ source }, line);
  };
  const write = (chunk: string | Uint8Array, encoding?: unknown, done?: () => void): boolean => {
    const source = packageIn(new Error().stack) ?? 'stderr';
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop()!;
    for (const line of lines) tell(line, source);
    if (rest.length > lineCharactersMax) tell(rest, source);
    if (rest.length > lineCharactersMax) rest = '';
    const told = typeof encoding === 'function' ? (encoding as () => void) : done;
    if (told) process.nextTick(told);
    return true;
  };
  Object.assign(process.stderr, { write });
  process.once('exit', () => tell(rest, 'stderr'));
}

/** The package whose code called, by the innermost frame of the stack that is in one. */
function packageIn(stack: string | undefined): string | undefined {
  return /.*\/node_modules\/((?:@[^/\s]+\/)?[^/\s]+)\//.exec(stack ?? '')?.[1];
}
