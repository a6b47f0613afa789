import { existsSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { readModelConfig } from '#model/formats/model-config.js';
import { modelZoo } from '#model/zoo/presets.js';
import { unknownModel, type ClipConfig, type NamedModel } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { readYamlFile } from '../run/yaml-file.js';

/** A model by its name, or by the path of its config, which then gives it its name. Throws CONFIG_INVALID. */
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

/** True where the text, given in place of a model's name, is the path of a config. */
export function isConfigPath(model: string): boolean {
  return /\.(json|ya?ml)$/i.test(model);
}

/** Read a config with open_clip's or Hugging Face's keys, JSON or YAML. Throws CONFIG_INVALID and DATA_INVALID. */
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
