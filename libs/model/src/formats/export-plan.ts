import type { ClipConfig } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { usualEpsilon } from '../layers/layer-norm.js';
import { modelTensors } from '../parameters/parameters.js';
import { legacyEnd } from './hugging-face-config.js';
import { huggingFaceNaming } from './hugging-face.js';
import type { Naming } from './naming.js';
import { openAiScalars, openClipNaming } from './open-clip.js';
import { partShape, type Place } from './tensor-part.js';

/** The tools whose formats can be written. */
export const weightFormats = ['open_clip', 'openai', 'huggingface'] as const;
export type WeightFormat = (typeof weightFormats)[number];

/** A tensor to write, with the parameter and the place from which its values are taken. */
export interface ExportedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly parameter: { readonly name: string; readonly shape: readonly number[] };
  readonly place: Place;
}

/**
 * Lists all tensors of a model under the names of a format. Throws CONFIG_INVALID if the format has no place for one of
 * them.
 */
export function planExport(config: ClipConfig, format: WeightFormat): ExportedTensor[] {
  const { ways } = namings[format];
  const homeless: string[] = [];
  const tensors = modelTensors(config).flatMap((parameter) => {
    const [way] = ways(parameter.name);
    if (!way) homeless.push(parameter.name);
    return (way ?? []).map(({ name, place }) => ({ name, shape: partShape(parameter.shape, place), parameter, place }));
  });
  if (homeless.length === 0) return tensors;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message:
      `Weights: the format ${format} has no place for ${homeless.length} of the model's tensors: ` +
      `${homeless.slice(0, 5).join(', ')}${homeless.length > 5 ? ', …' : ''}.`,
    help:
      "Hugging Face's CLIPModel is a vision transformer with CLIP's loss; write this model with " +
      '`--format open_clip`.',
  });
}

/** The integers that OpenAI's files contain, by name; empty for other formats. */
export function exportedScalars(
  { vision_cfg: vision, text_cfg: text }: ClipConfig,
  format: WeightFormat,
): Record<string, number> {
  if (format !== 'openai') return {};
  const [side, length, vocabulary] = openAiScalars;
  return { [side]: vision.image_size, [length]: text.context_length, [vocabulary]: text.vocab_size };
}

/** What the reader of a format assumes although it is not true of this model, as sentences. */
export function exportWarnings(
  { quick_gelu, vision_cfg: vision, text_cfg: text, init_logit_bias: bias }: ClipConfig,
  format: WeightFormat,
): string[] {
  const warnings: string[] = [];
  if (format === 'open_clip') return warnings;
  if (text.no_causal_mask)
    warnings.push('the reader hides from each token those after it, this model does not: its results will differ');
  const pool = text.pool_type ?? 'argmax';
  if (pool === 'first' || pool === 'last')
    warnings.push(`the reader takes a caption's end token, this model its ${pool}: its results will differ`);
  if (pool === 'eos' && (format === 'openai' || text.eos_id === legacyEnd))
    warnings.push(
      `the reader takes the token of the highest id, this model the one of id ${text.eos_id}: its results will ` +
        'differ where the two are not the same',
    );
  const epsilon = text.norm_kwargs?.eps ?? usualEpsilon;
  if (epsilon !== usualEpsilon)
    warnings.push(
      `the reader's norms add ${usualEpsilon} to the variance, this model's text tower ${epsilon}: ` +
        'its results will differ',
    );
  if (format === 'huggingface') return warnings;
  if (bias !== undefined) warnings.push("OpenAI's code has no logit_bias: loaded strictly, this model is refused");
  if (!quick_gelu)
    warnings.push("OpenAI's code computes with QuickGELU, this model with GELU: its results will differ");
  if (vision.head_width !== 64 || text.width !== 64 * text.heads)
    warnings.push("OpenAI's code makes all heads 64 wide, this model's are not: its results will differ");
  return warnings;
}

const namings: Readonly<Record<WeightFormat, Naming>> = {
  open_clip: openClipNaming,
  openai: openClipNaming,
  huggingface: huggingFaceNaming,
};
