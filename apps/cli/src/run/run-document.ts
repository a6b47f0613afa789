import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { RunConfigInput } from '#protocol/run/run-config.js';
import { isConfigPath, readConfigFile } from '../models/model-config.js';
import { readYamlFile } from './yaml-file.js';

/**
 * Read a run document, YAML or JSON. Where its model is the path of a config, from the working directory or from the
 * document's folder, the config takes the place of the path, because the coordinator may not have that file. The
 * coordinator checks the contents. Throws CONFIG_INVALID where a file cannot be read.
 */
export function readRunDocument(path: string): RunConfigInput {
  const document = readYamlFile({
    what: 'Run document',
    path,
    example: 'demo/run.yaml is a complete example.',
  }) as RunConfigInput;
  const model: unknown = (document as RunConfigInput | null)?.model;
  if (typeof model !== 'string' || !isConfigPath(model)) return document;
  const besideDocument = resolve(dirname(path), model);
  return {
    ...document,
    model: readConfigFile(!existsSync(model) && existsSync(besideDocument) ? besideDocument : model),
  };
}
