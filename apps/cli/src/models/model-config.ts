import { existsSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { readModelConfig } from '#model/formats/model-config.js';
import { modelZoo } from '#model/zoo/presets.js';
import { unknownModel, type ClipConfig, type NamedModel } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { readYamlFile } from '../run/yaml-file.js';

/** A model by its name or by the path of its config; then its name is the file's. Throws CONFIG_INVALID. */
export function readModel(nameOrPath: string): NamedModel {
  const named = modelZoo.find(nameOrPath);
  if (named) return named;
  if (isConfigPath(nameOrPath) || existsSync(nameOrPath))
    return { name: basename(nameOrPath, extname(nameOrPath)), config: readConfigFile(nameOrPath) };
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `Model: expected a model's name or the path of a config, got ${unknownModel(nameOrPath, modelZoo)}`,
    help:
      "A config is a .json or .yaml file with open_clip's keys; `tandem models show ViT-B-32 --json` " +
      'has one under "config".',
  });
}

/** Does this, where a model is expected, mean a file? */
export function isConfigPath(model: string): boolean {
  return /\.(json|ya?ml)$/i.test(model);
}

/** A config with open_clip's keys, or Hugging Face's config.json; JSON or YAML. Throws CONFIG_INVALID, DATA_INVALID. */
export function readConfigFile(path: string): ClipConfig {
  return readModelConfig(
    readYamlFile({
      what: 'Model config',
      path,
      example: '`tandem models show ViT-B-32 --json` has one under "config".',
    }),
    path,
  );
}
