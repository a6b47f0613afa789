import { z } from 'zod';
import { documentShapeProblem } from '../input/document-shape.js';
import { configError, describeIssue } from '../run/config-problems.js';
import { parseRunConfig, runConfigSchema, type ModelZoo, type RunConfig } from '../run/run-config.js';
import { downloadConfigSchema, type DownloadConfig } from './download-config.js';
import { queriesConfigSchema, type QueriesConfig } from './queries-config.js';

/** What the pool is asked to do: to train or evaluate a model, to download pictures, or to count texts. */
export type RunDocument = RunConfig | DownloadConfig | QueriesConfig;

export const runDocumentSchema = z.union([runConfigSchema, downloadConfigSchema, queriesConfigSchema]);

/** Is it the document of a download? It may be of any shape. */
export function isDownload(document: unknown): document is DownloadConfig {
  return hasKey(document, 'download');
}

/** Is it the document of a count of texts? It may be of any shape. */
export function isCount(document: unknown): document is QueriesConfig {
  return hasKey(document, 'queries');
}

export function isTraining(document: RunDocument): document is RunConfig {
  return !isDownload(document) && !isCount(document);
}

function hasKey(document: unknown, key: string): boolean {
  return typeof document === 'object' && document !== null && Object.hasOwn(document, key);
}

/** Validates a document of any kind, as parseRunConfig does one of a training. */
export function parseRunDocument(document: unknown, zoo?: ModelZoo): RunDocument {
  if (isDownload(document)) return parsedWith(downloadConfigSchema, document);
  if (isCount(document)) return parsedWith(queriesConfigSchema, document);
  return parseRunConfig(document, zoo);
}

function parsedWith<Schema extends typeof downloadConfigSchema | typeof queriesConfigSchema>(
  schema: Schema,
  document: unknown,
): z.output<Schema> {
  const shapeProblem = documentShapeProblem(document);
  if (shapeProblem) throw configError('run document', [shapeProblem]);
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data as z.output<Schema>;
  throw configError(
    'run document',
    parsed.error.issues.flatMap((issue) => describeIssue(issue, document)),
  );
}
