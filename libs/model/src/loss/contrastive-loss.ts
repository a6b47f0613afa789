import type { Device } from '#engine/device.js';
import { defaultLoss, type LossConfig } from '#protocol/run/loss-config.js';
import type { BatchShape, ContrastiveLoss } from './contrastive-result.js';
import { checkSizes } from './loss-checks.js';
import { inSharedMemory } from '../parameters/shared-floats.js';
import { openSigmoidLoss } from './sigmoid-loss.js';
import { openSoftmaxLoss } from './softmax-loss.js';

export interface ContrastiveLossOptions extends BatchShape {
  /** CLIP's, softmax over rows and columns, if left out. */
  readonly loss?: LossConfig;
}

/**
 * The loss of a batch and its gradients, from the similarities of every image with every text, tile by tile: beside the
 * result it takes a few tiles' memory, O(N), never N×N.
 */
export async function openContrastiveLoss(
  device: Device,
  { loss = defaultLoss({}), ...shape }: ContrastiveLossOptions,
): Promise<ContrastiveLoss> {
  const { run, dispose } = await openLoss(device, loss, shape);
  return {
    async run(embeddings, parameters) {
      checkSizes(embeddings, shape);
      return run(
        { ...embeddings, images: inSharedMemory(embeddings.images), texts: inSharedMemory(embeddings.texts) },
        parameters,
      );
    },
    dispose,
  };
}

function openLoss(device: Device, loss: LossConfig, shape: BatchShape): Promise<ContrastiveLoss> {
  switch (loss.kind) {
    case 'softmax':
      return openSoftmaxLoss(device, shape, loss);
    case 'sigmoid':
      return openSigmoidLoss(device, shape, loss);
  }
}
