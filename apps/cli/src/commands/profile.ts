import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import { precisions, type Precision } from '#engine/tensor-spec.js';
import { modelZoo } from '#model/zoo/presets.js';
import type { TowerName } from '#model/towers/tower-step.js';
import { parseRunConfig, type ClipConfig } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { CommandContext } from '../command-context.js';
import { countUpTo } from '../command-options.js';
import { readModel } from '../models/model-config.js';
import { profileText } from '../profile/profile-text.js';
import { profileTower, type TowerProfile } from '../profile/tower-profile.js';
import { readRunDocument } from '../run/run-document.js';
import { counted } from '../terminal/words.js';

interface ProfileOptions {
  readonly model?: string;
  readonly config?: string;
  readonly batch?: number;
  readonly tower?: TowerName;
  readonly device: 'cpu' | 'webgpu' | 'cuda';
  readonly precision: Precision;
  readonly threads: number;
  readonly runs: number;
}

const defaultBatch = 16;

export function addProfileCommand(command: Command, { terminal }: CommandContext): Command {
  return command
    .option('--model <name>', 'name of a model from `tandem models`, or path of a config')
    .option('--config <file>', 'run document, YAML or JSON, whose model and micro-batch to profile')
    .option(
      '--batch <b>',
      `pairs in a micro-batch (default: that of the run document, or ${defaultBatch})`,
      countUpTo(65_536),
    )
    .addOption(new Option('--tower <tower>', 'profile only one of the two towers').choices(['image', 'text']))
    .addOption(
      new Option('--device <kind>', 'device that computes the matmuls')
        .choices(['cpu', 'webgpu', 'cuda'])
        .default('cpu'),
    )
    .addOption(
      new Option('--precision <type>', 'type the matmuls are computed in').choices(precisions).default('float32'),
    )
    .option('--threads <n>', 'threads per matmul', countUpTo(1024), availableParallelism())
    .option('--runs <n>', 'runs to take the median of, after one warm-up run', countUpTo(1000), 5)
    .action(async ({ model, config: file, batch, tower, device, precision, threads, runs }: ProfileOptions) => {
      const { name, config, microBatch } = profiledModel(model, file);
      const b = batch ?? microBatch ?? defaultBatch;
      const towers: TowerProfile[] = [];
      for (const one of tower ? [tower] : (['image', 'text'] as const)) {
        terminal.update(`profiling the ${one} tower of ${name}`);
        towers.push(
          await profileTower({
            device: { kind: device, threads },
            precision,
            config,
            tower: one,
            b,
            runs,
            now: () => performance.now(),
          }),
        );
      }
      const title =
        `${name}, ${b} pairs at once, ${device}, ${precision}, ${counted(threads, 'thread')}; ` +
        `the median of ${counted(runs, 'run')}`;
      terminal.result(
        { model: name, batch: b, device, precision, threads, runs, towers },
        `${title}\n\n${profileText(towers)}`,
      );
    });
}

function profiledModel(
  model: string | undefined,
  file: string | undefined,
): { readonly name: string; readonly config: ClipConfig; readonly microBatch?: number | undefined } {
  if (file !== undefined && model === undefined) {
    const { modelName, model: config, microBatch } = parseRunConfig(readRunDocument(file), modelZoo);
    return { name: modelName, config, microBatch };
  }
  if (model === undefined || file !== undefined)
    throw usage(`Profile: expected one of --model and --config, got ${model === undefined ? 'neither' : 'both'}.`);
  return readModel(model);
}

function usage(message: string): TandemError {
  return new TandemError({
    code: ErrorCode.ConfigInvalid,
    message,
    help: '`tandem models` lists the models; `tandem profile --config FILE` profiles the model of a run document.',
  });
}
