import { isMap, isScalar, isSeq, parseDocument, type Node } from 'yaml';
import type { Problem } from '#protocol/tandem-error.js';

/** A problem and where it is in the text, in characters from its beginning. */
export interface PlacedProblem {
  /** Of the key, such as `data.train`; empty where it is not known. */
  readonly path: string;
  readonly message: string;
  readonly from: number;
  readonly to: number;
  /** From 1 on. */
  readonly line: number;
}

export type ReadDocument =
  | { readonly ok: true; readonly document: unknown }
  /** The text is no YAML. */
  | { readonly ok: false; readonly problems: readonly PlacedProblem[] };

export function readDocument(text: string): ReadDocument {
  const parsed = parseDocument(text, { prettyErrors: false });
  const problems = parsed.errors.map(({ message, pos: [from, to] }) => placed(text, { path: '', message }, from, to));
  return problems.length > 0 ? { ok: false, problems } : { ok: true, document: parsed.toJS() as unknown };
}

/** Where in the text the problems are that the coordinator found in its document. */
export function placeProblems(text: string, problems: readonly Problem[]): PlacedProblem[] {
  const { contents } = parseDocument(text);
  return problems.map(({ path, message }) => {
    const keys = path.startsWith('(') ? [] : path.split('.');
    // An unknown key is named by the message, and the path is that of the map it is in.
    const unknown = /^unknown keys? "((?:[^"\\]|\\.)*)"/.exec(message)?.[1];
    const [from, to] = rangeOf(contents, unknown === undefined ? keys : [...keys, unknown]) ?? [0, 0];
    return placed(text, { path: path.startsWith('(') ? '' : path, message }, from, to);
  });
}

/** A value of the document, such as that of `['optimizer', 'learningRate']`. */
export function valueIn(text: string, path: readonly string[]): unknown {
  const value: unknown = parseDocument(text).getIn(path);
  return isMap(value) || isSeq(value) ? value.toJSON() : value;
}

/** The text with another value at a path, or without the key if it is undefined. Comments stay where they are. */
export function withValue(text: string, path: readonly string[], value: unknown): string {
  const parsed = parseDocument(text);
  if (parsed.errors.length > 0) return text;
  if (value === undefined) parsed.deleteIn(path);
  else parsed.setIn(path, value);
  return parsed.toString({ lineWidth: 0 });
}

/** The range of a key, or, if it is not there, of the nearest one around it. */
function rangeOf(contents: unknown, keys: readonly string[]): [number, number] | undefined {
  let node = contents;
  let range: [number, number] | undefined;
  for (const key of keys) {
    let found: { readonly at: Node; readonly value: unknown } | undefined;
    if (isMap(node)) {
      const pair = node.items.find(({ key: own }) => isScalar(own) && String(own.value) === key);
      if (pair) found = { at: pair.key as Node, value: pair.value };
    } else if (isSeq(node)) {
      const item = node.items[Number(key)] as Node | undefined;
      if (item) found = { at: item, value: item };
    }
    if (!found?.at.range) break;
    range = [found.at.range[0], found.at.range[1]];
    node = found.value;
  }
  return range;
}

function placed(text: string, problem: Problem, from: number, to: number): PlacedProblem {
  const start = Math.min(from, text.length);
  return {
    ...problem,
    from: start,
    to: Math.min(Math.max(to, start), text.length),
    line: text.slice(0, start).split('\n').length,
  };
}
