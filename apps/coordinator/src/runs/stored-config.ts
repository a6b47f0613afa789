import { z } from 'zod';
import { isCount, isDownload, parseRunDocument, type RunDocument } from '#protocol/document/run-document.js';
import { parseRunConfig } from '#protocol/run/run-config.js';
import type { RunStatus } from '#protocol/run/run-status.js';

const resolvedSchema = z.looseObject({ modelName: z.string() });

/** The resolved config in a run's status. It may come from disk, so it is validated again. Throws CONFIG_INVALID. */
export function storedConfig(status: RunStatus): RunDocument {
  if (isDownload(status.config) || isCount(status.config)) return parseRunDocument(status.config);
  const { modelName, ...document } = resolvedSchema.parse(status.config);
  return { ...parseRunConfig(document), modelName };
}
