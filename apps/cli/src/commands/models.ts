import type { Command } from 'commander';
import { parameterSpecs } from '#model/parameters.js';
import { preset, presetNames } from '#model/presets.js';
import { isResNet } from '#protocol/vision-config.js';
import type { CommandContext } from '../command-context.js';
import { table } from '../run-text.js';

export function addModelsCommand(program: Command, { terminal }: CommandContext): Command {
  return program
    .command('models')
    .description('list the models a run document can name')
    .action(() => {
      const models = presetNames().flatMap((name) => {
        const config = preset(name);
        if (!config) return [];
        const parameters = parameterSpecs(config).reduce((sum, { shape }) => sum + shape.reduce((size, side) => size * side, 1), 0);
        return [{ name, parameters, config }];
      });
      const rows = models.map(({ name, parameters, config: { vision_cfg: vision, embed_dim } }) => [
        name, `${(parameters / 1e6).toFixed(1)} M`, `${vision.image_size} px`, isResNet(vision) ? '–' : `${vision.patch_size}`, `${embed_dim}`,
      ]);
      terminal.result({ models }, table([['MODEL', 'PARAMETERS', 'IMAGE', 'PATCH', 'EMBEDDING'], ...rows]));
    });
}
