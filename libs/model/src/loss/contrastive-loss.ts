import type { Device } from '#engine/device.js';
import { defaultLoss, type LossConfig } from '#protocol/run/loss-config.js';
import type { BatchShape, ContrastiveLoss } from './contrastive-result.js';
import { checkSizes } from './checks/loss-checks.js';
import { inSharedMemory } from '../parameters/shared-floats.js';
import { openSigmoidLoss } from './sigmoid-loss.js';
import { openSoftmaxLoss } from './softmax-loss.js';

export interface ContrastiveLossOptions extends BatchShape {
  /** If left out, CLIP's loss: softmax over rows and columns. */
  readonly loss?: LossConfig;
}

/**
 * Compiles the loss of a batch with its gradients, over the similarities of every image with every text. The
 * similarities are computed tile by tile: beside the result, the memory is that of a few tiles, O(N), and never N×N.
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
