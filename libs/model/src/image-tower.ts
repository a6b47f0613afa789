import type { Tensor } from '@tensorflow/tfjs';
import type { ClipConfig } from '#protocol/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { isResNet } from '#protocol/vision-config.js';
import { gelu } from './gelu.js';
import type { NamedTensors } from './named.js';
import { quickGelu } from './quick-gelu.js';
import { visionTransformer } from './vision-transformer.js';

/** images float32 [b, H, W, 3], normalised → [b, d], of any length. */
export function imageTower({ vision_cfg: vision, quick_gelu: isQuick }: ClipConfig, p: NamedTensors, images: Tensor): Tensor {
  if (isResNet(vision)) {
    throw new TandemError({ code: ErrorCode.UnsupportedOp, message: 'Expected a Vision Transformer, got a ResNet: its operations are not there yet.', help: 'Set model.vision_cfg.layers to a number.' });
  }
  return visionTransformer(vision, p, images, isQuick ? quickGelu : gelu);
}
