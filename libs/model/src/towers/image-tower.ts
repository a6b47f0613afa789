import type { Tensor } from '@tensorflow/tfjs';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { isResNet } from '#protocol/run/vision-config.js';
import type { NormStatistics } from '../layers/batch-norm.js';
import { gelu } from '../layers/gelu.js';
import type { NamedTensors } from '../parameters/named-values.js';
import { quickGelu } from '../layers/quick-gelu.js';
import { resNetTower } from './resnet-tower.js';
import { visionTransformer } from './vision-transformer.js';

/**
 * The image tower of either kind. images float32 [b, H, W, 3], normalised → [b, d], rows of any length. Only a ResNet
 * reads `statistics`.
 */
export function imageTower(
  { vision_cfg: vision, quick_gelu: isQuick }: ClipConfig,
  p: NamedTensors,
  images: Tensor,
  statistics: NormStatistics,
): Tensor {
  return isResNet(vision)
    ? resNetTower(vision, p, images, statistics)
    : visionTransformer(vision, p, images, isQuick ? quickGelu : gelu);
}
