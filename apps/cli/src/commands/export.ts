import { type Command, Option } from 'commander';
import { readCheckpointAt } from '#inference/checkpoint-model.js';
import { exportModel } from '#inference/export/export-model.js';
import { bytes as bytesText } from '#report/figures.js';
import { onnxTypes, type OnnxType } from '#inference/export/transformers-config.js';
import type { CommandContext } from '../command-context.js';
import { s3AccessOf } from '../command-options.js';
import { table } from '../terminal/table.js';

interface ExportCommandOptions {
  readonly onnx: string;
  readonly dtype: OnnxType;
  readonly force?: boolean;
}

export function addExportCommand(command: Command, { terminal, environment }: CommandContext): Command {
  return command
    .argument('<checkpoint>', 'folder of a checkpoint, or its file: or s3: URL')
    .requiredOption('--onnx <dir>', 'folder to write: onnx/*.onnx, tokenizer and preprocessor files')
    .addOption(
      new Option('--dtype <type>', 'type the parameters are stored as; everything is computed in float32')
        .choices(onnxTypes)
        .default('float32'),
    )
    .option('--force', 'replace files of the same names in the folder')
    .action(async (checkpoint: string, { onnx, dtype, force = false }: ExportCommandOptions) => {
      const model = await readCheckpointAt(checkpoint, s3AccessOf(environment));
      const files = await exportModel(model, onnx, { type: dtype, replace: force });
      const rows = files.map(({ path, bytes, same }) => [
        same === undefined ? bytesText(bytes) : '',
        same === undefined ? path : `${path} is ${same}`,
      ]);
      terminal.result({ checkpoint: model.url, step: model.step, folder: onnx, files }, table(rows, [0]));
    });
}
