import type { ClipConfig } from '#protocol/run/run-config.js';
import type { TextConfig } from '#protocol/run/text-config.js';
import { isResNet, type VisionTransformerConfig } from '#protocol/run/vision-config.js';
import { initialLogitScale } from '../loss/logit-scale.js';
import { constant, fanIn, normal, spec, type Initial, type ModelTensor, type ParameterSpec } from './parameter-spec.js';
import { resNetParameters } from './resnet-parameters.js';
import { runningStatistics } from './running-statistics.js';

/**
 * Every parameter of a model, in a fixed order: image tower, text tower, loss.
 * Source: names and shapes, open_clip model.py; initial values, CLIP model.py and PyTorch's defaults; decay, open_clip
 * optim.py.
 */
export function parameterSpecs(config: ClipConfig): ParameterSpec[] {
  return [...imageParameters(config), ...textParameters(config), ...lossParameters(config)];
}

/** All tensors of a model: its parameters, then its running statistics. These are stored and sent to workers. */
export function modelTensors(config: ClipConfig): ModelTensor[] {
  return [...parameterSpecs(config), ...runningStatistics(config)];
}

/** The loss's own parameters: logit_scale, and logit_bias if the config gives its initial value. */
function lossParameters({
  init_logit_scale: scale = initialLogitScale,
  init_logit_bias: bias,
}: ClipConfig): ParameterSpec[] {
  return [
    spec('loss', 'logit_scale', [], constant(scale)),
    ...(bias === undefined ? [] : [spec('loss', 'logit_bias', [], constant(bias))]),
  ];
}

/** Width of the hidden layer of a block's MLP. */
export function hiddenWidth(tower: { readonly width: number; readonly mlp_ratio: number }): number {
  return Math.floor(tower.width * tower.mlp_ratio);
}

/** The mlp_ratio whose hiddenWidth is `hidden`: the quotient, or slightly more where rounding down would lose one. */
export function mlpRatio(hidden: number, width: number): number {
  const exact = hidden / width;
  return Math.floor(width * exact) === hidden ? exact : (hidden + 0.5) / width;
}

function imageParameters({ vision_cfg: vision, embed_dim: embedWidth }: ClipConfig): ParameterSpec[] {
  return isResNet(vision) ? resNetParameters(vision, embedWidth) : visionTransformerParameters(vision, embedWidth);
}

function visionTransformerParameters(vision: VisionTransformerConfig, embedWidth: number): ParameterSpec[] {
  const { width, layers, patch_size: patch, image_size: size } = vision;
  const positions = (size / patch) ** 2 + 1;
  const scaled = normal(width ** -0.5);
  return [
    spec('image', 'visual.class_embedding', [width], scaled),
    spec('image', 'visual.positional_embedding', [positions, width], scaled),
    spec('image', 'visual.proj', [width, embedWidth], scaled),
    spec('image', 'visual.conv1.weight', [width, 3, patch, patch], fanIn(3 * patch * patch)),
    ...normParameters('image', 'visual.ln_pre', width),
    ...blocks(layers, (block) => imageBlock(`visual.transformer.resblocks.${block}`, width, hiddenWidth(vision))),
    ...normParameters('image', 'visual.ln_post', width),
  ];
}

function textParameters({ text_cfg: text, embed_dim: embedWidth }: ClipConfig): ParameterSpec[] {
  const { width, layers, context_length: length, vocab_size: vocabulary } = text;
  return [
    spec('text', 'positional_embedding', [length, width], normal(0.01)),
    ...textProjection(text, embedWidth),
    ...blocks(layers, (block) => textBlock(`transformer.resblocks.${block}`, width, hiddenWidth(text), layers)),
    spec('text', 'token_embedding.weight', [vocabulary, width], normal(0.02)),
    ...normParameters('text', 'ln_final', width),
  ];
}

/** A projection with a bias is a linear layer, with the names and layout of one. */
function textProjection({ width, proj_bias: hasBias }: TextConfig, embedWidth: number): ParameterSpec[] {
  const scaled = normal(width ** -0.5);
  if (!hasBias) return [spec('text', 'text_projection', [width, embedWidth], scaled)];
  return [
    spec('text', 'text_projection.weight', [embedWidth, width], scaled),
    spec('text', 'text_projection.bias', [embedWidth], constant(0)),
  ];
}

/** The image tower's blocks start as PyTorch's MultiheadAttention and Linear do. */
function imageBlock(prefix: string, width: number, hidden: number): ParameterSpec[] {
  return blockParameters('image', prefix, width, hidden, {
    inProjection: { kind: 'uniform', bound: Math.sqrt(6 / (4 * width)) },
    outProjection: fanIn(width),
    hidden: fanIn(width),
    output: fanIn(hidden),
  });
}

/**
 * The text tower's blocks start with normal weights. Those that add to the residual stream are smaller the deeper the
 * tower is.
 */
function textBlock(prefix: string, width: number, hidden: number, layers: number): ParameterSpec[] {
  const residual = normal(width ** -0.5 * (2 * layers) ** -0.5);
  return blockParameters('text', prefix, width, hidden, {
    inProjection: normal(width ** -0.5),
    outProjection: residual,
    hidden: normal((2 * width) ** -0.5),
    output: residual,
  });
}

function blockParameters(
  tower: 'image' | 'text',
  prefix: string,
  width: number,
  hidden: number,
  initial: Readonly<Record<'inProjection' | 'outProjection' | 'hidden' | 'output', Initial>>,
): ParameterSpec[] {
  return [
    ...normParameters(tower, `${prefix}.ln_1`, width),
    spec(tower, `${prefix}.attn.in_proj_weight`, [3 * width, width], initial.inProjection),
    spec(tower, `${prefix}.attn.in_proj_bias`, [3 * width], constant(0)),
    spec(tower, `${prefix}.attn.out_proj.weight`, [width, width], initial.outProjection),
    spec(tower, `${prefix}.attn.out_proj.bias`, [width], constant(0)),
    ...normParameters(tower, `${prefix}.ln_2`, width),
    spec(tower, `${prefix}.mlp.c_fc.weight`, [hidden, width], initial.hidden),
    spec(tower, `${prefix}.mlp.c_fc.bias`, [hidden], fanIn(width)),
    spec(tower, `${prefix}.mlp.c_proj.weight`, [width, hidden], initial.output),
    spec(tower, `${prefix}.mlp.c_proj.bias`, [width], fanIn(hidden)),
  ];
}

function normParameters(tower: 'image' | 'text', prefix: string, width: number): ParameterSpec[] {
  return [spec(tower, `${prefix}.weight`, [width], constant(1)), spec(tower, `${prefix}.bias`, [width], constant(0))];
}

function blocks(layers: number, make: (block: number) => ParameterSpec[]): ParameterSpec[] {
  return Array.from({ length: layers }, (_, block) => make(block)).flat();
}
