import { type Command, Option } from 'commander';
import { preprocessorConfig } from '#inference/export/transformers-config.js';
import { exportWarnings, weightFormats, type WeightFormat } from '#model/formats/export-plan.js';
import { shownNames } from '#protocol/input/shown.js';
import { openModelWeights, type ModelWeights } from '#weights/model-weights.js';
import { huggingFacePreprocessing } from '#weights/preprocessing.js';
import { weightTypes, writeWeights, type WeightType } from '#weights/write-weights.js';
import { tokenizerDocuments } from '../convert/tokenizer-documents.js';
import type { CommandContext } from '../command-context.js';
import { s3AccessOf } from '../command-options.js';
import { readModel } from '../models/model-config.js';

interface ConvertOptions {
  readonly format: WeightFormat;
  readonly model?: string;
  readonly dtype: WeightType;
  readonly ema?: boolean;
  readonly force?: boolean;
}

export function addConvertCommand(command: Command, { terminal, environment }: CommandContext): Command {
  return command
    .argument('<in>', 'weights: a file, a checkpoint, a folder of open_clip or Hugging Face, or a file: or s3: URL')
    .argument('<out>', 'FILE.safetensors, or a folder for the weights with their config')
    .addOption(
      new Option('--format <tool>', 'tool whose tensor names and layouts to write')
        .choices(weightFormats)
        .makeOptionMandatory(),
    )
    .option(
      '--model <name>',
      'the model the weights are of: a name from `tandem models`, or the path of a config; if left out, ' +
        'read from a config beside the weights, or worked out from their shapes',
    )
    .addOption(new Option('--dtype <type>', 'type the values are stored as').choices(weightTypes).default('float32'))
    .option('--ema', 'of a checkpoint that holds the running mean of the parameters too, take that')
    .option('--force', 'replace files of the same names')
    .action(async (from: string, to: string, { format, model, dtype, ema = false, force = false }: ConvertOptions) => {
      const access = s3AccessOf(environment);
      const weights = await openModelWeights(from, {
        access,
        ...(model !== undefined && { config: readModel(model).config }),
        isMeanTaken: ema,
      });
      try {
        for (const one of weights.notes) terminal.say(`  ${one}`);
        for (const one of weights.assumed) terminal.say(`  assumed: ${one}; --model says otherwise`);
        const tokenizer = await tokenizerDocuments(weights, format, to);
        for (const one of [...exportWarnings(weights.config, format), ...tokenizer.warnings])
          terminal.say(`  warning: ${one}`);
        const { config, preprocessing } = weights;
        const broken = new Set<string>();
        const read = async (name: string): Promise<Float32Array> => {
          const values = await weights.read(name);
          if (values.some((value) => !Number.isFinite(value))) broken.add(name);
          return values;
        };
        const written = await writeWeights({ config, preprocessing, read }, to, {
          format,
          dtype,
          access,
          replace: force,
          ...(tokenizer.name !== undefined && { tokenizerName: tokenizer.name }),
          documents: {
            ...(format === 'huggingface' && (await processorDocuments(weights, dtype))),
            ...tokenizer.documents,
          },
        });
        if (broken.size > 0) terminal.say(`  NaN or infinite values are in ${shownNames([...broken])}`);
        const { url, naming, assumed, notes } = weights;
        terminal.result(
          { from: url, naming, format, dtype, written, config, assumed, notes },
          `${url}, ${naming} names, is now\n${written.map((one) => `  ${one}`).join('\n')}`,
        );
      } finally {
        await weights.close();
      }
    });
}

/** The other files that CLIPProcessor.from_pretrained reads. A model that comes from Hugging Face keeps its own. */
async function processorDocuments(weights: ModelWeights, dtype: WeightType): Promise<Record<string, object>> {
  const { config, preprocessing } = weights;
  const theirs = preprocessing && huggingFacePreprocessing(preprocessing, config.vision_cfg.image_size);
  return {
    'preprocessor_config.json': { ...preprocessorConfig(config), ...theirs },
    ...(await weights.documents(dtype)),
  };
}
