import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { z } from 'zod';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { fileBytes } from '#data/prepare/file-bytes.js';
import type { CountEntry, SortedCounts } from './count-entry.js';

const headerSchema = z.object({
  format: z.literal('tandem-corpus-counts'),
  version: z.literal(1),
  ignoreCase: z.boolean(),
});

/** How a corpus was counted. Counts are summed only if all were counted alike. */
export type CountsHeader = z.infer<typeof headerSchema>;

export function countsHeader(ignoreCase: boolean): CountsHeader {
  return { format: 'tandem-corpus-counts', version: 1, ignoreCase };
}

/**
 * Writes counts to a file, compressed if its name ends with .gz: a line of JSON, a line of name and count for each
 * entry, and a last line by which a reader sees that none is missing. Another file takes its place once it is whole.
 */
export async function writeCounts(path: string, header: CountsHeader, counts: SortedCounts): Promise<void> {
  async function* lines(): AsyncGenerator<string> {
    yield `${JSON.stringify(header)}\n`;
    let entries = 0;
    for await (const batch of counts) {
      entries += batch.length;
      if (batch.length > 0) yield batch.map(({ name, count }) => `${name}\t${count}\n`).join('');
    }
    yield `${endMark}\t${entries}\n`;
  }
  const unfinished = `${path}.part`;
  const target = createWriteStream(unfinished);
  try {
    if (path.endsWith('.gz')) await pipeline(Readable.from(lines()), createGzip(), target);
    else await pipeline(Readable.from(lines()), target);
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
}

const endMark = 'end';

/** Reads a counts file. Throws DATA_INVALID if it is none, is cut short, or is of other settings than `expected`. */
export async function* readCounts(path: string, expected: CountsHeader): AsyncGenerator<readonly CountEntry[]> {
  let entries = 0;
  let isWhole = false;
  let line = 0;
  for await (const lines of lineBatches(path)) {
    const batch: CountEntry[] = [];
    for (const text of lines) {
      line++;
      const tab = text.lastIndexOf('\t');
      const count = Number(text.slice(tab + 1));
      if (line === 1) checkHeader(path, text, expected);
      else if (isWhole || tab < 0 || !Number.isSafeInteger(count)) throw damaged(path, `line ${line} is not one of it`);
      else if (text.startsWith(endMark)) isWhole = count === entries;
      else {
        batch.push({ name: text.slice(0, tab), count });
        entries++;
      }
    }
    yield batch;
  }
  if (!isWhole) throw damaged(path, `it ends after line ${line}`);
}

function checkHeader(path: string, text: string, expected: CountsHeader): void {
  const header = headerSchema.safeParse(jsonOf(text));
  if (!header.success) throw damaged(path, 'its first line is another');
  if (header.data.ignoreCase === expected.ignoreCase) return;
  const described = ({ ignoreCase }: CountsHeader): string => (ignoreCase ? 'that ignore case' : 'with case');
  throw new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Expected counts ${described(expected)} in ${path}, got counts ${described(header.data)}.`,
    help: 'Give --ignore-case to all commands or to none.',
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function damaged(path: string, detail: string): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Expected a whole file of counts at ${path}: ${detail}.`,
    help: 'Copy it again, or count that part again with --counts-out.',
  });
}

async function* lineBatches(path: string): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of fileBytes(path)) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop()!;
    yield lines;
  }
  if (rest !== '') yield [rest];
}
