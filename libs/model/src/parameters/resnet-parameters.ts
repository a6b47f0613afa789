import { resNetWidth, type ResNetConfig } from '#protocol/run/vision-config.js';
import { constant, fanIn, normal, spec, type Initial, type ParameterSpec } from './parameter-spec.js';
import { bottlenecks, type BottleneckShape } from '../towers/resnet-shape.js';

/**
 * Parameters of CLIP's ResNet: stem, bottlenecks of four stages, attention pool. The last norm of every bottleneck
 * starts with a gain of 0, so that each block starts as its shortcut. Source: names and shapes, open_clip
 * modified_resnet.py; initial values, its init_parameters and PyTorch's defaults.
 */
export function resNetParameters(vision: ResNetConfig, embedWidth: number): ParameterSpec[] {
  const { width, image_size: size } = vision;
  const stem = [
    [3, width / 2],
    [width / 2, width / 2],
    [width / 2, width],
  ] as const;
  return [
    ...stem.flatMap(([from, to], index) =>
      normedConvolution(`visual.conv${index + 1}`, `visual.bn${index + 1}`, [to, from, 3, 3]),
    ),
    ...bottlenecks(vision).flatMap(bottleneckParameters),
    ...attentionPoolParameters('visual.attnpool', resNetWidth(vision), (size / 32) ** 2 + 1, embedWidth),
  ];
}

function bottleneckParameters({ prefix, from, width, to, projects }: BottleneckShape): ParameterSpec[] {
  return [
    ...normedConvolution(`${prefix}.conv1`, `${prefix}.bn1`, [width, from, 1, 1]),
    ...normedConvolution(`${prefix}.conv2`, `${prefix}.bn2`, [width, width, 3, 3]),
    ...normedConvolution(`${prefix}.conv3`, `${prefix}.bn3`, [to, width, 1, 1], constant(0)),
    ...(projects ? normedConvolution(`${prefix}.downsample.0`, `${prefix}.downsample.1`, [to, from, 1, 1]) : []),
  ];
}

/**
 * A convolution of shape [out, in, kernel, kernel] and the norm after it. The convolution has no bias because the norm
 * has one.
 */
function normedConvolution(
  name: string,
  norm: string,
  shape: readonly [number, number, number, number],
  gain = constant(1),
): ParameterSpec[] {
  const [out, from, height, width] = shape;
  return [
    spec('image', `${name}.weight`, shape, fanIn(from * height * width)),
    spec('image', `${norm}.weight`, [out], gain),
    spec('image', `${norm}.bias`, [out], constant(0)),
  ];
}

function attentionPoolParameters(
  prefix: string,
  width: number,
  positions: number,
  embedWidth: number,
): ParameterSpec[] {
  const scaled: Initial = normal(width ** -0.5);
  const projection = (name: string, out: number): ParameterSpec[] => [
    spec('image', `${prefix}.${name}.weight`, [out, width], scaled),
    spec('image', `${prefix}.${name}.bias`, [out], fanIn(width)),
  ];
  return [
    spec('image', `${prefix}.positional_embedding`, [positions, width], scaled),
    ...['k_proj', 'q_proj', 'v_proj'].flatMap((name) => projection(name, width)),
    ...projection('c_proj', embedWidth),
  ];
}
