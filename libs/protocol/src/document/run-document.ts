import { z } from 'zod';
import { documentShapeProblem } from '../input/document-shape.js';
import { configError, describeIssue } from '../run/config-problems.js';
import { parseRunConfig, runConfigSchema, type ModelZoo, type RunConfig } from '../run/run-config.js';
import { downloadConfigSchema, type DownloadConfig } from './download-config.js';

/** What the pool is asked to do: to train or evaluate a model, or to download pictures. */
export type RunDocument = RunConfig | DownloadConfig;

export const runDocumentSchema = z.union([runConfigSchema, downloadConfigSchema]);

/** Is it the document of a download? It may be of any shape. */
export function isDownload(document: unknown): document is DownloadConfig {
  return typeof document === 'object' && document !== null && Object.hasOwn(document, 'download');
}

/** Validates a document of either kind, as parseRunConfig does one of a training. */
export function parseRunDocument(document: unknown, zoo?: ModelZoo): RunDocument {
  if (!isDownload(document)) return parseRunConfig(document, zoo);
  const shapeProblem = documentShapeProblem(document);
  if (shapeProblem) throw configError('run document', [shapeProblem]);
  const parsed = downloadConfigSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  throw configError(
    'run document',
    parsed.error.issues.flatMap((issue) => describeIssue(issue, document)),
  );
}
