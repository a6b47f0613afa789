import { ErrorCode, TandemError, toWireError } from '#protocol/tandem-error.js';

/**
 * The output of a command. With --json, stdout gets exactly one JSON document, the result or the error, and all else
 * goes to stderr.
 */
export interface Terminal {
  readonly json: boolean;
  /** True where the last line can be rewritten. False where this is no terminal, under CI and with NO_COLOR. */
  readonly live: boolean;
  columns(): number;
  /** Print a line for people. */
  say(line?: string): void;
  /** Rewrite the live line, above which say() prints its lines. An empty text removes it. */
  update(line: string): void;
  /** Print the result of the command: `value` with --json, otherwise `text`. */
  result(value: unknown, text: string): void;
  /** Print why the command failed. */
  fail(thrown: unknown): void;
  bold(text: string): string;
  dim(text: string): string;
}

export interface TerminalOptions {
  readonly json: boolean;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const clearLine = '\r\u001b[K';

export function openTerminal({ json, stdout, stderr, environment }: TerminalOptions): Terminal {
  const talk = json ? stderr : stdout;
  const live = talk.isTTY && !environment['CI'] && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
  let liveLine = '';
  const style = (code: number, text: string): string => (live ? `\u001b[${code}m${text}\u001b[0m` : text);
  const say = (line = ''): void => void talk.write(liveLine ? `${clearLine}${line}\n${liveLine}` : `${line}\n`);
  const update = (line: string): void => {
    if (!live || line === liveLine) return;
    liveLine = line;
    talk.write(`${clearLine}${line}`);
  };
  return {
    json,
    live,
    columns: () => talk.columns ?? 80,
    say,
    update,
    result(value, text) {
      update('');
      stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : `${text}\n`);
    },
    fail(thrown) {
      update('');
      if (json) stdout.write(`${JSON.stringify({ error: toWireError(thrown, ErrorCode.Internal) }, null, 2)}\n`);
      stderr.write(`${textOf(thrown)}\n`);
    },
    bold: (text) => style(1, text),
    dim: (text) => style(2, text),
  };
}

function textOf(thrown: unknown): string {
  if (thrown instanceof TandemError) return thrown.toText();
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}
