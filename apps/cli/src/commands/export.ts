import type { Command } from 'commander';
import { readCheckpointAt } from '#inference/checkpoint-model.js';
import { exportModel } from '#inference/export/export-model.js';
import type { CommandContext } from '../command-context.js';
import { s3AccessOf } from '../command-options.js';
import { table } from '../run-text.js';

export function addExportCommand(program: Command, { terminal, environment }: CommandContext): Command {
  return program
    .command('export')
    .description('write a trained model as ONNX files that transformers.js and any ONNX runtime read')
    .argument('<checkpoint>', 'folder of a checkpoint, or its file: or s3: URL')
    .requiredOption('--onnx <dir>', 'folder to write: onnx/*.onnx, tokenizer and preprocessor files')
    .option('--force', 'replace files that are in the folder')
    .action(async (checkpoint: string, { onnx, force = false }: { readonly onnx: string; readonly force?: boolean }) => {
      const model = await readCheckpointAt(checkpoint, s3AccessOf(environment));
      const files = await exportModel(model, onnx, { replace: force });
      const rows = files.map(({ path, bytes, same }) => [same === undefined ? `${(bytes / 1e6).toFixed(2)} MB`.padStart(12) : '', same === undefined ? path : `${path} is ${same}`]);
      terminal.result({ checkpoint: model.url, step: model.step, folder: onnx, files }, table(rows));
    });
}
