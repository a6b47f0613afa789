import type { Device, Executable } from '#engine/device.js';
import { float32, int32, type HostTensor } from '#engine/tensor-spec.js';
import { openContrastiveLoss } from '#model/loss/contrastive-loss.js';
import type { ContrastiveResult } from '#model/loss/contrastive-result.js';
import { requireTensor, type NamedValues } from '#model/parameters/named-values.js';
import { gradientName, towerGradientInputs, towerGradients, towerParameters, type TowerName } from '#model/towers/tower-step.js';
import { defaultLoss } from '#protocol/loss-config.js';
import type { ClipConfig } from '#protocol/run-config.js';

export interface Pairs {
  /** [N, H, W, 3], normalised */
  readonly images: Float32Array;
  /** [N, L] */
  readonly tokens: Int32Array;
}

export interface StepGradients {
  readonly images: Float32Array;
  readonly texts: Float32Array;
  readonly contrast: ContrastiveResult;
  /** Of every parameter, the loss's included, for the mean loss over the N pairs. */
  readonly gradients: Record<string, Float32Array>;
}

export interface OneProcessStep {
  gradients(parameters: NamedValues, pairs: Pairs): Promise<StepGradients>;
}

/** A whole training step up to the update, all N pairs at once in this process: what every other way must equal. */
export async function openOneProcessStep(device: Device, config: ClipConfig, batch: number): Promise<OneProcessStep> {
  const image = await openTower(device, config, 'image', batch);
  const text = await openTower(device, config, 'text', batch);
  const loss = await openContrastiveLoss(device, { batch, width: config.embed_dim, loss: defaultLoss(config) });
  return {
    async gradients(parameters, { images, tokens }) {
      const imageInputs = image.inputs(parameters, float32(images, image.sampleShape));
      const textInputs = text.inputs(parameters, int32(tokens, text.sampleShape));
      const imageEmbeddings = await image.encode(imageInputs);
      const textEmbeddings = await text.encode(textInputs);
      const bias = parameters['logit_bias'] && { logit_bias: parameters['logit_bias'][0]! };
      const contrast = await loss.run({ images: imageEmbeddings, texts: textEmbeddings }, { logit_scale: requireTensor(parameters, 'logit_scale')[0]!, ...bias });
      return {
        images: imageEmbeddings,
        texts: textEmbeddings,
        contrast,
        gradients: {
          ...(await image.gradients(imageInputs, contrast.imageGradients)),
          ...(await text.gradients(textInputs, contrast.textGradients)),
          ...Object.fromEntries(Object.entries(contrast.lossGradients).map(([name, gradient]) => [name, Float32Array.of(gradient as number)])),
        },
      };
    },
  };
}

async function openTower(device: Device, config: ClipConfig, tower: TowerName, batch: number) {
  const specs = towerGradientInputs(config, tower, batch);
  const names = towerParameters(config, tower);
  const sample = tower === 'image' ? 'images' : 'tokens';
  const gradients = towerGradients(config, tower);
  const forward: Executable = await device.compile((inputs) => ({ embedding: requireTensor(gradients(inputs), 'embedding') }), specs);
  const backward: Executable = await device.compile(gradients, specs);
  return {
    sampleShape: specs[sample]!.shape,
    inputs(parameters: NamedValues, samples: HostTensor): Record<string, HostTensor> {
      const values = names.map((name) => [name, float32(requireTensor(parameters, name), specs[name]!.shape)] as const);
      return { ...Object.fromEntries(values), [sample]: samples };
    },
    async encode(inputs: Record<string, HostTensor>): Promise<Float32Array> {
      const unused = float32(new Float32Array(batch * config.embed_dim), [batch, config.embed_dim]);
      return requireTensor(await forward.run({ ...inputs, embeddingGradient: unused }), 'embedding').data as Float32Array;
    },
    async gradients(inputs: Record<string, HostTensor>, embeddingGradient: Float32Array): Promise<Record<string, Float32Array>> {
      const outputs = await backward.run({ ...inputs, embeddingGradient: float32(embeddingGradient, [batch, config.embed_dim]) });
      return Object.fromEntries(names.map((name) => [name, requireTensor(outputs, gradientName(name)).data as Float32Array]));
    },
  };
}
