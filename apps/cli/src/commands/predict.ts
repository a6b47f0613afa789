import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import type { DeviceChoice } from '#engine/device.js';
import { openDevice } from '#engine/run/open-device.js';
import { openCheckpointAt } from '#inference/checkpoint-model.js';
import { predict } from '#inference/predict.js';
import { imageFileBytesMax } from '#protocol/input/input-limits.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { readRegularFile } from '#store/file/regular-file.js';
import type { CommandContext } from '../command-context.js';
import { cacheOf, deviceOf, s3AccessOf, withDevice } from '../command-options.js';
import { percent } from '#report/figures.js';
import { labelsOf, type LabelOptions } from '../models/labels.js';
import { table } from '../terminal/table.js';

interface PredictOptions extends LabelOptions {
  readonly checkpoint: string;
  readonly image: string;
  readonly template?: string;
  readonly device?: DeviceChoice;
}

export function addPredictCommand(command: Command, { terminal, environment }: CommandContext): Command {
  command
    .requiredOption('--checkpoint <dir>', 'folder of a checkpoint, or its file: or s3: URL')
    .requiredOption('--image <file>', 'image file')
    .option('--labels <list>', 'labels, separated by commas')
    .option('--label <text>', 'a label; once for each, and commas are part of it', collected, [])
    .option('--labels-file <file>', 'text file with a label on each line')
    .option(
      '--template <text>',
      'prompt with {} where the label goes; if left out, the prompts the run was evaluated with',
    );
  return withDevice(command).action(
    async ({ checkpoint, image, template, device: asked, ...given }: PredictOptions) => {
      const names = labelsOf(given);
      const bytes = await readImage(image);
      const limits = cacheOf(environment);
      const cache = limits && { ...limits, onEvent: (event: string) => terminal.say(event) };
      const device = await openDevice({ kind: deviceOf(asked, environment), threads: availableParallelism(), cache });
      try {
        const model = await openCheckpointAt(checkpoint, { device, batch: 1, access: s3AccessOf(environment) });
        const predictions = await predict(model, bytes, names, {
          templates: template === undefined ? model.templates : [template],
        });
        const rows = predictions.map(({ label, probability }) => [percent(probability), label]);
        terminal.result({ image, checkpoint: model.url, step: model.step, predictions }, table(rows, [0]));
        await model.close();
      } finally {
        await device.close();
      }
    },
  );
}

function collected(label: string, before: readonly string[]): string[] {
  return [...before, label];
}

async function readImage(path: string): Promise<Uint8Array> {
  try {
    return await readRegularFile(path, imageFileBytesMax);
  } catch (cause) {
    throw new TandemError({
      code: ErrorCode.NotFound,
      message: `Image: expected to read ${path}, got ${(cause as Error).message}`,
      help: 'Give the path of an image file.',
      cause,
    });
  }
}
