import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { parseJson } from '#protocol/input/json-text.js';
import { problemText } from '#protocol/input/schema-problems.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { ComparedPoint } from './published-points.js';

const resultSchema = z.object({
  kind: z.enum(['zero-shot', 'linear-probe']),
  model: z.object({ name: z.string(), gigaflops: z.number().positive().nullable() }),
  accuracy: z.object({ top1: z.number().min(0).max(1), meanPerClass: z.number().min(0).max(1) }),
});
export type StoredResult = z.infer<typeof resultSchema>;

/**
 * Reads the result.json of a zero-shot evaluation or a linear probe. Throws DATA_INVALID with the file and the cure.
 */
export function readResult(bytes: Uint8Array, path: string): StoredResult {
  let document: unknown;
  try {
    document = parseJson(bytes);
  } catch (error) {
    throw refused(path, `JSON, got ${(error as SyntaxError).message}`);
  }
  const parsed = resultSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  throw refused(
    path,
    `the result.json of \`tandem evaluate zero-shot\` or \`linear-probe\`: ${problemText(parsed.error)}`,
  );
}

/** The point of a result. Throws DATA_INVALID where nothing tells what an image costs. */
export function pointOfResult({ model: { name, gigaflops }, accuracy }: StoredResult, path: string): ComparedPoint {
  if (gigaflops !== null) return { name, gigaflops, score: accuracy.top1 };
  throw refused(path, `the GFLOP of an image of "${name}", got none; evaluate it again with --gflop`);
}

const columns = ['name', 'gflop', 'accuracy'] as const;
const rowSchema = z.object({
  name: z.string().min(1),
  gflop: z.coerce.number().positive(),
  accuracy: z.coerce.number().min(0).max(1),
});

/**
 * Reads a CSV with the columns name, gflop and accuracy, a share from 0 to 1. Throws DATA_INVALID with the file, the
 * line and the cure.
 */
export function readPoints(bytes: Uint8Array, path: string): ComparedPoint[] {
  let rows: { record: Record<string, string>; info: { lines: number } }[];
  try {
    rows = parse(Buffer.from(bytes), { columns: true, info: true, bom: true, trim: true, skip_empty_lines: true });
  } catch (error) {
    throw refused(path, `a CSV with the columns ${columns.join(', ')}, got ${(error as Error).message}`);
  }
  const found = Object.keys(rows[0]?.record ?? {});
  const missing = columns.filter((column) => !found.includes(column));
  if (missing.length > 0)
    throw refused(
      path,
      `the columns ${columns.join(', ')} and a row, got ${found.join(', ') || 'nothing'}: no ${missing.join(', ')}`,
    );
  return rows.map(({ record, info }) => {
    const parsed = rowSchema.safeParse(record);
    if (!parsed.success)
      throw refused(
        path,
        `name, gflop above 0 and accuracy from 0 to 1 in line ${info.lines}: ${problemText(parsed.error)}`,
      );
    return { name: parsed.data.name, gigaflops: parsed.data.gflop, score: parsed.data.accuracy };
  });
}

function refused(path: string, what: string): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Points in ${path}: expected ${what}.`,
    help: 'Compare result.json files, models, and with --points CSV files with the columns name,gflop,accuracy.',
  });
}
