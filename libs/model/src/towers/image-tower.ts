import type { Tensor } from '@tensorflow/tfjs';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { isResNet } from '#protocol/run/vision-config.js';
import type { NormStatistics } from '../layers/batch-norm.js';
import { gelu } from '../layers/gelu.js';
import type { NamedTensors } from '../parameters/named-values.js';
import { quickGelu } from '../layers/quick-gelu.js';
import { projectResNetFeatures, resNetFeatures } from './resnet-tower.js';
import { projectVisionFeatures, visionTransformerFeatures } from './vision-transformer.js';

/**
 * The image tower of either kind. images float32 [b, H, W, 3], normalised → [b, d], rows of any length. Only a ResNet
 * reads `statistics`.
 */
export function imageTower(config: ClipConfig, p: NamedTensors, images: Tensor, statistics: NormStatistics): Tensor {
  return projectFeatures(config, p, imageFeatures(config, p, images, statistics));
}

/**
 * The image tower before its projection into the shared space. images float32 [b, H, W, 3], normalised → [b, w], rows
 * of any length. These are the features of linear probes. Source: CLIP Appendix A.3.
 */
export function imageFeatures(
  { vision_cfg: vision, quick_gelu: isQuick }: ClipConfig,
  p: NamedTensors,
  images: Tensor,
  statistics: NormStatistics,
): Tensor {
  return isResNet(vision)
    ? resNetFeatures(vision, p, images, statistics)
    : visionTransformerFeatures(vision, p, images, isQuick ? quickGelu : gelu);
}

/** The projection of an image tower's features into the shared space: [b, w] → [b, d], rows of any length. */
export function projectFeatures({ vision_cfg: vision }: ClipConfig, p: NamedTensors, features: Tensor): Tensor {
  return isResNet(vision) ? projectResNetFeatures(features, p) : projectVisionFeatures(features, p);
}
