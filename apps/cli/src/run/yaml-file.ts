import {
  Composer,
  Lexer,
  LineCounter,
  Parser,
  visit,
  type CST,
  type Document,
  type ErrorCode as YamlErrorCode,
} from 'yaml';
import { documentShapeProblem } from '#protocol/input/document-shape.js';
import { documentBytesMax, documentDepthMax, documentLexemesMax } from '#protocol/input/input-limits.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { errnoOf } from '#store/file/file-error.js';
import { readRegularFileSync } from '#store/file/regular-file.js';

export interface YamlFile {
  /** What the file holds, for error messages: "Run document". */
  readonly what: string;
  readonly path: string;
  /** A sentence that says where an example is, for error messages. */
  readonly example: string;
}

/**
 * Read a file of YAML or JSON. Only the shape of the value is checked: it can be walked and written as JSON. Throws
 * CONFIG_INVALID where the file cannot be read or is neither YAML nor JSON, and where it is larger, deeper or has more
 * values than input-limits.ts allows; no more of it than that is read.
 */
export function readYamlFile({ what, path, example }: YamlFile): unknown {
  const refused = (problem: string, help: string, cause?: unknown): TandemError =>
    new TandemError({ code: ErrorCode.ConfigInvalid, message: `${what}: ${problem}`, help, cause });
  let text: string;
  try {
    text = Buffer.from(readRegularFileSync(path, documentBytesMax)).toString('utf8');
  } catch (cause) {
    throw refused(unreadable(path, cause), `Give the path of a ${what.toLowerCase()}; ${example}`, cause);
  }
  try {
    const document = parsed(text);
    const problem = documentShapeProblem(document);
    if (problem) throw new SyntaxError(`a document with a problem at ${problem.path}: ${problem.message}`);
    return document;
  } catch (cause) {
    if (cause instanceof SyntaxError) throw refused(`expected YAML or JSON in ${path}, got ${cause.message}`, example);
    throw cause;
  }
}

function unreadable(path: string, cause: unknown): string {
  const code = errnoOf(cause) ?? '';
  if (code === 'ENOENT' || code === 'ENOTDIR') return `there is no file ${path}`;
  if (code === 'EACCES') return `expected a file that may be read, got ${path}, which this user may not read`;
  return `expected a file at ${path}, but ${(cause as Error).message.replace(/^[A-Z]+: /, '')}`;
}

/** Throws a SyntaxError that says what is wrong and where, without quoting the text. */
function parsed(text: string): unknown {
  const lines = new LineCounter();
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `line ${line}, column ${col}`;
  };
  // No document needs the kinds of values that YAML adds to JSON's: sets, dates, bytes.
  const composer = new Composer({ schema: 'core', resolveKnownTags: false, logLevel: 'silent', prettyErrors: false });
  let document: Document.Parsed | undefined;
  for (const next of composer.compose(tokensOf(text, lines, place), true, text.length)) {
    if (document) throw new SyntaxError(`several documents in one file: the second starts at ${place(next.range[0])}`);
    document = next;
  }
  const [error] = document?.errors ?? [];
  // After a colon the library's message may quote the text.
  if (error)
    throw new SyntaxError(`${inWords[error.code] ?? error.message.split(/: |\n/, 1)[0]} at ${place(error.pos[0])}`);
  try {
    return document?.toJS();
  } catch {
    const loose = document && looseAlias(document);
    throw new SyntaxError(
      loose === undefined
        ? 'aliases that stand for too many values'
        : `an alias without its anchor before it at ${place(loose)}`,
    );
  }
}

/** Where the library's own words do not lead to the mistake. */
const inWords: Partial<Record<YamlErrorCode, string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'a key within the value of another (is the next line indented as it should be?)',
};

/** Position of the first alias that stands for nothing. */
function looseAlias(document: Document.Parsed): number | undefined {
  let at: number | undefined;
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      at = alias.range?.[0];
      return visit.BREAK;
    },
  });
  return at;
}

/**
 * The tokens of a text, as long as there are no more of them and they are nested no deeper than in a document. The
 * library composes tokens by recursion, which ends the process when the stack runs out, and needs a kilobyte of memory
 * for each character of a text of brackets.
 */
function* tokensOf(text: string, lines: LineCounter, place: (offset: number) => string): Generator<CST.Token, void> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++lexemes > documentLexemesMax)
      throw new SyntaxError(
        `more than ${documentLexemesMax} words, marks and spaces, of which at most so many are read`,
      );
    yield* parser.next(lexeme);
    // In a map of maps, key and value are two levels of the stack; the document itself is one more.
    if (parser.stack.length > 2 * documentDepthMax + 2)
      throw new SyntaxError(
        `more than ${documentDepthMax} maps and lists inside one another at ${place(parser.offset)}`,
      );
  }
  yield* parser.end();
}
