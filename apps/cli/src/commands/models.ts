import type { Command } from 'commander';
import { sizeOf } from '#engine/tensor-spec.js';
import { modelSize } from '#model/flops/model-size.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import { modelZoo, presetNames } from '#model/zoo/presets.js';
import type { NamedModel } from '#protocol/run/run-config.js';
import type { CommandContext } from '../command-context.js';
import { readModel } from '../models/model-config.js';
import { modelText, modelsText } from '../models/model-text.js';

export function addModelsCommand(command: Command, { terminal }: CommandContext): Command {
  command.action(() => {
    const models = presetNames().flatMap((name) => modelZoo.find(name) ?? []);
    terminal.result({ models: models.map(summary) }, modelsText(models));
  });
  command
    .command('show')
    .description('print the layers of a model with their shapes and parameter counts')
    .argument('<model>', "name of a model, or path of a config with open_clip's keys")
    .option('--json', 'print the result as one JSON document')
    .action((nameOrPath: string) => {
      const model = readModel(nameOrPath);
      const layers = parameterSpecs(model.config).map(({ name, tower, shape }) => ({
        name,
        tower,
        shape,
        parameters: sizeOf(shape),
      }));
      terminal.result({ ...summary(model), layers }, modelText(model));
    });
  return command;
}

function summary({ name, config }: NamedModel): object {
  return {
    name,
    ...modelSize(config),
    imageSize: config.vision_cfg.image_size,
    contextLength: config.text_cfg.context_length,
    config,
  };
}
