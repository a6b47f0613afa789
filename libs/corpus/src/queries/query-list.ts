import { tableLines } from '#data/prepare/table/table-lines.js';
import { parseJson } from '#protocol/input/json-text.js';
import { shownNames } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { buffer } from 'node:stream/consumers';
import { fileBytes } from '#data/prepare/file-bytes.js';
import type { LeftOutBook } from '../source/left-out.js';
import { hasWord, plainQuery } from '../text/bounded-text.js';

/** Where a query is from; `list`: a list without sources. */
export type QuerySource = 'word' | 'bigram' | 'title' | 'wordnet' | 'list';

export interface Query {
  readonly text: string;
  readonly source: string;
  /** Occurrences of a word or bigram, views of a title, 0 for others. */
  readonly count: number;
  /** Pointwise mutual information of a bigram, in bits. */
  readonly pmi?: number;
}

/** Most queries of a list. Matching takes about 200 bytes for each. */
const queryListMax = 4_000_000;

/** The list as a table: `query`, `source`, `count` and `pmi`, with tabs between. */
export function queryListText(queries: readonly Query[]): string {
  const rows = queries.map(({ text, source, count, pmi }) => [text, source, count, pmi?.toFixed(3) ?? ''].join('\t'));
  return `${[heading.join('\t'), ...rows].join('\n')}\n`;
}

const heading = ['query', 'source', 'count', 'pmi'];

/**
 * Reads a list of queries: a .tsv with a column `query` and others, a .txt with a query a line, or a .json list of
 * strings, which MetaCLIP has. Queries without a letter or digit and repeated ones are left out and counted. Throws
 * DATA_INVALID where the file is something else or has no query.
 */
export async function readQueryList(path: string, ignoreCase: boolean, book: LeftOutBook): Promise<Query[]> {
  const queries: Query[] = [];
  const seen = new Set<string>();
  for await (const { where, query } of entriesOf(path, book)) {
    const text = plainQuery(ignoreCase ? query.text.toLowerCase() : query.text);
    if (!hasWord(text)) book.add('queries without a letter or digit', where);
    else if (seen.has(text)) book.add('queries that are there already', where);
    else {
      seen.add(text);
      queries.push({ ...query, text });
    }
    if (queries.length > queryListMax)
      throw invalid(`Expected at most ${queryListMax.toLocaleString('en')} queries in ${path}, got more.`);
  }
  if (queries.length === 0) throw invalid(`Expected queries in ${path}, got none.`);
  return queries;
}

interface ListEntry {
  readonly where: string;
  readonly query: Query;
}

async function* entriesOf(path: string, book: LeftOutBook): AsyncGenerator<ListEntry> {
  if (/\.json$/i.test(path)) yield* entriesOfJson(path);
  else if (/\.(tsv|txt)(\.gz|\.bz2)?$/i.test(path)) yield* entriesOfLines(path, /\.txt/i.test(path), book);
  else throw invalid(`Expected a list of queries as .tsv, .txt or .json, got ${path}.`);
}

async function* entriesOfJson(path: string): AsyncGenerator<ListEntry> {
  const list = jsonOf(await buffer(fileBytes(path)), path);
  if (!Array.isArray(list)) throw invalid(`Expected a list of strings in ${path}, got something else.`);
  for (const [at, text] of (list as unknown[]).entries()) {
    if (typeof text !== 'string') throw invalid(`Expected a list of strings in ${path}, entry ${at + 1} is none.`);
    yield { where: `${path}, entry ${at + 1}`, query: { text, source: 'list', count: 0 } };
  }
}

function jsonOf(bytes: Uint8Array, path: string): unknown {
  try {
    return parseJson(bytes);
  } catch (cause) {
    throw invalid(`Expected JSON in ${path}: ${(cause as Error).message}`);
  }
}

async function* entriesOfLines(path: string, isPlain: boolean, book: LeftOutBook): AsyncGenerator<ListEntry> {
  let places: readonly number[] | undefined = isPlain ? [0, -1, -1, -1] : undefined;
  for await (const line of tableLines(fileBytes(path))) {
    const where = `${path}, line ${line.number}`;
    if (line.kind === 'unreadable') book.add(line.reason, where);
    else if (line.text.trim() !== '') {
      const row = line.text.replace(/\r$/, '');
      const cells = isPlain ? [row] : row.split('\t');
      if (places) yield { where, query: queryOf(cells, places, where) };
      else places = placesOf(cells, path);
    }
  }
}

function placesOf(cells: readonly string[], path: string): readonly number[] {
  if (cells.includes('query')) return heading.map((name) => cells.indexOf(name));
  throw invalid(`Expected the column query in the first line of ${path}, got ${shownNames(cells)}.`);
}

function queryOf(cells: readonly string[], places: readonly number[], where: string): Query {
  const [text, source, count, pmi] = places.map((place) => cells[place]);
  const occurrences = Number(count ?? 0);
  if (text === undefined || !(occurrences >= 0))
    throw invalid(`Expected the cells ${heading.join(', ')} in ${where}, got ${shownNames(cells)}.`);
  return { text, source: source ?? 'list', count: occurrences, ...(pmi ? { pmi: Number(pmi) } : {}) };
}

function invalid(message: string): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message,
    help: '`tandem dataset queries` makes a list; a .txt with a query a line or a .json list of strings will do too.',
  });
}
