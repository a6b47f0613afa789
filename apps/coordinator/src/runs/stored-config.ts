import { z } from 'zod';
import { parseRunConfig, type RunConfig } from '#protocol/run/run-config.js';
import type { RunStatus } from '#protocol/run/run-status.js';

const resolvedSchema = z.looseObject({ modelName: z.string() });

/** The resolved config in a run's status. It may come from disk, so it is validated again. Throws CONFIG_INVALID. */
export function storedConfig(status: RunStatus): RunConfig {
  const { modelName, ...document } = resolvedSchema.parse(status.config);
  return { ...parseRunConfig(document), modelName };
}
