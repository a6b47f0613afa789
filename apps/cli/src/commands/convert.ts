import { type Command, Option } from 'commander';
import { huggingFaceTokenizer } from '#data/text/hugging-face-tokenizer.js';
import { clipTokenizer, clipVocabulary, type Tokenizer } from '#data/text/tokenizer.js';
import { preprocessorConfig, tokenizerConfig } from '#inference/export/transformers-config.js';
import { exportWarnings, weightFormats, type WeightFormat } from '#model/formats/export-plan.js';
import { openModelWeights, type ModelWeights } from '#weights/model-weights.js';
import { weightTypes, writeWeights, type WeightType } from '#weights/write-weights.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { CommandContext } from '../command-context.js';
import { s3AccessOf } from '../command-options.js';
import { readModel } from '../models/model-config.js';

interface ConvertOptions {
  readonly format: WeightFormat;
  readonly model?: string;
  readonly dtype: WeightType;
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
    .option('--force', 'replace files of the same names')
    .action(async (from: string, to: string, { format, model, dtype, force = false }: ConvertOptions) => {
      const access = s3AccessOf(environment);
      const weights = await openModelWeights(from, {
        access,
        ...(model !== undefined && { config: readModel(model).config }),
        areTokensKept: format === 'huggingface',
      });
      try {
        for (const one of weights.notes) terminal.say(`  ${one}`);
        for (const one of weights.assumed) terminal.say(`  assumed: ${one}; --model says otherwise`);
        for (const one of exportWarnings(weights.config, format)) terminal.say(`  warning: ${one}`);
        const written = await writeWeights(weights, to, {
          format,
          dtype,
          access,
          replace: force,
          documents: format === 'huggingface' ? await processorDocuments(weights, dtype) : {},
        });
        const { url, naming, config, assumed } = weights;
        terminal.result(
          { from: url, naming, format, dtype, written, config, assumed },
          `${url}, ${naming} names, is now\n${written.map((one) => `  ${one}`).join('\n')}`,
        );
      } finally {
        await weights.close();
      }
    });
}

/**
 * The files that CLIPProcessor.from_pretrained reads: how an image is preprocessed and, where the tokenizer is known,
 * how a caption is tokenised. A model that comes from Hugging Face keeps those that it has.
 */
async function processorDocuments(weights: ModelWeights, dtype: WeightType): Promise<Record<string, object>> {
  const { config, tokenizer } = weights;
  const own = (await weights.documents(dtype)) ?? {};
  const hasTokenizer = 'tokenizer.json' in own || 'vocab.json' in own;
  const known = hasTokenizer ? undefined : ((await tokenizer()) ?? clipTokenizerFor(config));
  if (known && known.vocabulary !== config.text_cfg.vocab_size) throw otherVocabulary(known.vocabulary, config);
  return {
    'preprocessor_config.json': preprocessorConfig(config),
    ...(known && {
      'tokenizer.json': huggingFaceTokenizer(known),
      'tokenizer_config.json': tokenizerConfig(config),
    }),
    ...own,
  };
}

function clipTokenizerFor({ text_cfg: text }: ClipConfig): Tokenizer | undefined {
  return text.vocab_size === clipVocabulary ? clipTokenizer() : undefined;
}

/** The ids of start and end would be wrong in what is written, and every caption would be read at the same place. */
function otherVocabulary(tokens: number, { text_cfg: text }: ClipConfig): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Weights: expected a tokenizer of ${text.vocab_size} tokens, as the text tower has, got one of ${tokens}.`,
    help: 'Take added tokens off in transformers (model.resize_token_embeddings), or convert to --format open_clip.',
  });
}
