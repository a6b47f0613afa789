import type { ClipConfig } from '#protocol/run/run-config.js';
import { isResNet, resNetWidth, type VisionConfig } from '#protocol/run/vision-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { usualEpsilon } from '../layers/layer-norm.js';
import { hiddenWidth, mlpRatio } from '../parameters/parameters.js';
import { preset, presetNames } from '../zoo/presets.js';

/** Width of a head if the weights are not those of a preset. Source: CLIP, build_model. */
const usualHeadWidth = 64;

/** The shape of a parameter under open_clip's name; undefined if there is no such parameter. */
type ShapeOf = (parameter: string) => readonly number[] | undefined;

export interface InferredConfig {
  readonly config: ClipConfig;
  /** What the weights do not say and was therefore assumed, as sentences. */
  readonly assumed: readonly string[];
}

/**
 * Infers the config of a model from its weights. All sizes follow from the shapes. The rest does not: it is that of a
 * preset of the same sizes, or else heads are 64 wide and captions are read causally at their end token. The activation
 * is QuickGELU in OpenAI's own files and GELU in others. Throws DATA_INVALID if a parameter is missing, which it names,
 * or if the heads cannot be guessed. Source: CLIP, build_model; open_clip, build_model_from_openai_state_dict.
 */
export function inferConfig(shapeOf: ShapeOf, isOpenAi: boolean): InferredConfig {
  const text = textConfig(shapeOf);
  const sizes: ClipConfig = {
    embed_dim: text.proj_bias ? extent(shapeOf, 'text_projection.weight', 0) : extent(shapeOf, 'text_projection', 1),
    quick_gelu: isOpenAi,
    ...(shapeOf('logit_bias') && { init_logit_scale: Math.log(10), init_logit_bias: -10 }), // SigLIP's
    vision_cfg: shapeOf('visual.layer1.0.conv1.weight') ? resNetConfig(shapeOf) : visionTransformerConfig(shapeOf),
    text_cfg: text,
  };
  const known = presetNames()
    .map((name) => preset(name))
    .find((candidate) => candidate && sizesOf(candidate) === sizesOf(sizes));
  const widths = [isResNet(sizes.vision_cfg) ? resNetWidth(sizes.vision_cfg) : sizes.vision_cfg.width, text.width];
  if (!known && widths.some((width) => width % usualHeadWidth !== 0)) {
    throw unknown(
      `widths of ${widths.join(' and ')} are no multiples of ${usualHeadWidth}, so the number of ` +
        'heads cannot be guessed',
    );
  }
  const config = known ? { ...known, quick_gelu: isOpenAi } : sizes;
  return { config, assumed: assumptions(config, isOpenAi) };
}

/** Everything that shapes do not say: two models of the same shapes may differ in any of these. */
function assumptions({ vision_cfg: vision, text_cfg: text }: ClipConfig, isOpenAi: boolean): string[] {
  const pools = {
    argmax: 'at its end token, the one of the highest id',
    first: 'at its first token',
    last: 'at its last token',
  };
  const pool = text.pool_type ?? 'argmax';
  const epsilon = text.norm_kwargs?.eps ?? usualEpsilon;
  const others = epsilon === usualEpsilon ? '' : `, those of the text tower ${epsilon}`;
  return [
    isOpenAi ? "the activation is QuickGELU, as in OpenAI's models" : 'the activation is GELU',
    `heads are ${vision.head_width} wide in the image tower and ${text.width / text.heads} in the text tower`,
    text.no_causal_mask
      ? 'each token of a caption sees all others'
      : 'each token of a caption sees those before it only',
    `a caption is read ${pools[pool === 'eos' ? 'argmax' : pool]}`,
    `norms add ${usualEpsilon} to the variance${others}`,
  ];
}

function visionTransformerConfig(shapeOf: ShapeOf): VisionConfig {
  const [width, patch] = [extent(shapeOf, 'visual.conv1.weight', 0), extent(shapeOf, 'visual.conv1.weight', 2)];
  const side = gridSide(shapeOf, 'visual.positional_embedding');
  const layers = count((block) => shapeOf(`visual.transformer.resblocks.${block}.ln_1.weight`));
  const hidden = extent(shapeOf, 'visual.transformer.resblocks.0.mlp.c_fc.weight', 0);
  return {
    image_size: side * patch,
    layers,
    width,
    patch_size: patch,
    head_width: usualHeadWidth,
    mlp_ratio: mlpRatio(hidden, width),
  };
}

/** The stem and the four stages reduce the side of the image to a 32nd. */
function resNetConfig(shapeOf: ShapeOf): VisionConfig {
  const stage = (number: number): number => count((block) => shapeOf(`visual.layer${number}.${block}.conv1.weight`));
  return {
    image_size: 32 * gridSide(shapeOf, 'visual.attnpool.positional_embedding'),
    layers: [stage(1), stage(2), stage(3), stage(4)],
    width: extent(shapeOf, 'visual.layer1.0.conv1.weight', 0),
    patch_size: null,
    head_width: usualHeadWidth,
  };
}

function textConfig(shapeOf: ShapeOf): ClipConfig['text_cfg'] {
  const width = extent(shapeOf, 'ln_final.weight', 0);
  return {
    context_length: extent(shapeOf, 'positional_embedding', 0),
    vocab_size: extent(shapeOf, 'token_embedding.weight', 0),
    width,
    heads: width / usualHeadWidth,
    layers: count((block) => shapeOf(`transformer.resblocks.${block}.ln_1.weight`)),
    mlp_ratio: mlpRatio(extent(shapeOf, 'transformer.resblocks.0.mlp.c_fc.weight', 0), width),
    ...(shapeOf('text_projection.bias') && { proj_bias: true }),
  };
}

function extent(shapeOf: ShapeOf, parameter: string, axis: number): number {
  const found = shapeOf(parameter)?.[axis];
  if (found !== undefined) return found;
  throw unknown(`there is no ${parameter}`);
}

/** Side of the grid of position embeddings, not counting the row of the class or of the mean. */
function gridSide(shapeOf: ShapeOf, parameter: string): number {
  const rows = extent(shapeOf, parameter, 0);
  const side = Math.sqrt(rows - 1);
  if (Number.isInteger(side)) return side;
  throw unknown(`${parameter} has ${rows} rows, and one less is no square`);
}

/** Counts how many of 0, 1, 2, … are there, up to the first that is not. */
function count(at: (index: number) => unknown): number {
  let found = 0;
  while (at(found) !== undefined) found++;
  return found;
}

/** The part of a config that follows from shapes, as a string. */
function sizesOf({ embed_dim: d, vision_cfg: v, text_cfg: t, init_logit_bias: bias }: ClipConfig): string {
  const image = isResNet(v) ? [...v.layers] : [v.layers, v.patch_size, hiddenWidth(v)];
  return [
    d,
    v.image_size,
    v.width,
    ...image,
    t.context_length,
    t.vocab_size,
    t.width,
    t.layers,
    hiddenWidth(t),
    t.proj_bias ?? false,
    bias !== undefined,
  ].join();
}

function unknown(what: string): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Weights: the model's config cannot be read off their shapes: ${what}.`,
    help:
      'Say which model it is: `--model` with a name of `tandem models` or a JSON file of a config, or ' +
      'put the config.json beside the weights.',
  });
}
