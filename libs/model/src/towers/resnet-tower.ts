import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { resNetWidth, type ResNetConfig } from '#protocol/run/vision-config.js';
import { attentionPool, projectPooled } from '../layers/attention-pool.js';
import { avgPool } from '../layers/avg-pool.js';
import { batchNorm, type NormStatistics } from '../layers/batch-norm.js';
import { bottleneck } from '../layers/bottleneck.js';
import { convolution } from '../layers/convolution.js';
import type { NamedTensors } from '../parameters/named-values.js';
import { relu } from '../layers/relu.js';
import { bottlenecks } from './resnet-shape.js';

/**
 * CLIP's ResNet before its projection: a stem of three convolutions, four stages of bottlenecks, an attention pool.
 * images float32 [b, H, W, 3], normalised → [b, w], rows of any length. Source: CLIP §2.4; open_clip
 * modified_resnet.py.
 */
export function resNetFeatures(
  config: ResNetConfig,
  p: NamedTensors,
  images: Tensor,
  statistics: NormStatistics,
): Tensor {
  let x = stem(images, p, statistics); // [b, H/4, W/4, width]
  for (const shape of bottlenecks(config)) {
    const before = x;
    x = tf.tidy(shape.prefix, () => bottleneck(before, p, shape, statistics));
  } // [b, H/32, W/32, 32·width]
  return attentionPool(x, p, 'visual.attnpool', resNetWidth(config) / config.head_width);
}

/** The projection of a ResNet's features into the shared space: [b, w] → [b, d]. */
export function projectResNetFeatures(features: Tensor, p: NamedTensors): Tensor {
  return projectPooled(features, p, 'visual.attnpool');
}

function stem(images: Tensor, p: NamedTensors, statistics: NormStatistics): Tensor {
  const layer = (x: Tensor, index: number, stride: 1 | 2): Tensor =>
    relu(batchNorm(convolution(x, p, `visual.conv${index}`, stride), p, `visual.bn${index}`, statistics));
  const halved = layer(images, 1, 2); // [b, H/2, W/2, width/2]
  return avgPool(layer(layer(halved, 2, 1), 3, 1), 2); // [b, H/4, W/4, width]
}
