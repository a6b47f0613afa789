import { documentDepthMax } from './input-limits.js';

/**
 * Parses JSON from text or from UTF-8 bytes, without checking it against a schema. Throws a SyntaxError that gives the
 * line and column where the text is not valid JSON, or where it is nested deeper than `documentDepthMax`. The error
 * never quotes the text, as V8's own does, because the person who named the file may not be allowed to read it.
 */
export function parseJson(source: string | Uint8Array): unknown {
  const text = typeof source === 'string' ? source : decoded(source);
  const deep = tooDeepAt(text);
  if (deep !== undefined)
    throw new SyntaxError(
      `nested too deep: more than ${documentDepthMax} maps and lists inside one another at ${placeOf(text, deep)}`,
    );
  try {
    return JSON.parse(text);
  } catch {
    // The original error is not kept as the cause, because it quotes the text.
    const at = syntaxErrorAt(text);
    throw new SyntaxError(
      at === text.length
        ? `not valid JSON: it ends too early, at ${placeOf(text, at)}`
        : `not valid JSON: an unexpected character at ${placeOf(text, at)}`,
    );
  }
}

function decoded(bytes: Uint8Array): string {
  try {
    // TextDecoder does not accept shared memory, so shared bytes are copied first.
    return new TextDecoder('utf-8', { fatal: true }).decode(
      bytes.buffer instanceof SharedArrayBuffer ? new Uint8Array(bytes) : bytes,
    );
  } catch {
    throw new SyntaxError('not valid JSON: its bytes are not valid UTF-8');
  }
}

/**
 * Position at which the text, valid JSON or not, is nested too deep. This runs before JSON.parse, because deeply nested
 * values take many times their size in memory once parsed.
 */
function tooDeepAt(text: string): number | undefined {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x5b: // [
      case 0x7b: // {
        depth++;
        if (depth > documentDepthMax) return at;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
      case 0x22: // "
        at = endOfString(text, at);
        break;
    }
  }
  return undefined;
}

/**
 * Position of the quotation mark that ends the string beginning at `from`, or the length of the text if there is none.
 */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === 0x22) return at;
    if (character === 0x5c) at++;
  }
  return text.length;
}

const space = /[ \t\n\r]*/y;
// A string is matched in two parts. A single pattern that repeats a choice would keep a backtracking position for every
// character.
const stringPart = /[^"\\\u0000-\u001f]*/y;
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const plainValue = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

/** Position at which a text stops being valid JSON. */
function syntaxErrorAt(text: string): number {
  let at = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const isThere = pattern.test(text);
    if (isThere) at = pattern.lastIndex;
    return isThere;
  };
  const takeMark = (marks: string): string | undefined => {
    take(space);
    const mark = text[at];
    if (mark === undefined || !marks.includes(mark)) return undefined;
    at++;
    return mark;
  };
  const takeString = (): boolean => {
    if (takeMark('"') === undefined) return false;
    do take(stringPart);
    while (take(escape));
    return takeQuote();
  };
  const takeQuote = (): boolean => text[at] === '"' && ++at > 0;
  const takeKey = (): boolean => takeString() && takeMark(':') !== undefined;
  const openBrackets: ('[' | '{')[] = [];
  for (;;) {
    const opened = takeMark('[{') as '[' | '{' | undefined;
    if (opened !== undefined) {
      const isEmpty = takeMark(opened === '[' ? ']' : '}') !== undefined;
      if (!isEmpty) {
        openBrackets.push(opened);
        if (opened === '{' && !takeKey()) return at;
        continue;
      }
    } else if (text[at] === '"' ? !takeString() : !take(plainValue)) return at;
    // After a value comes either the end of the lists and maps around it, or a comma and the next item.
    let inside = openBrackets.at(-1);
    while (inside !== undefined && takeMark(inside === '[' ? ']' : '}') !== undefined) {
      openBrackets.pop();
      inside = openBrackets.at(-1);
    }
    if (inside === undefined) {
      take(space);
      return at;
    }
    if (takeMark(',') === undefined || (inside === '{' && !takeKey())) return at;
  }
}

function placeOf(text: string, at: number): string {
  let line = 1;
  let start = 0;
  for (let end = text.indexOf('\n'); end >= 0 && end < at; end = text.indexOf('\n', start)) {
    line++;
    start = end + 1;
  }
  return `line ${line}, column ${at - start + 1}`;
}
