import type { Device } from '#engine/device.js';
import { float32, type HostTensor } from '#engine/tensor-spec.js';
import { requireTensor } from '#model/parameters/named-values.js';
import { towerForward, towerInputs, type TowerName } from '#model/towers/tower-step.js';
import type { ModelWeights } from '#weights/model-weights.js';

/** What a tower with these weights gives for images [n, H, W, 3] or tokens [n, L]: rows [n, d] of unit length. */
export async function featuresOf(
  device: Device,
  weights: ModelWeights,
  tower: TowerName,
  samples: HostTensor,
): Promise<Float32Array> {
  const inputs = towerInputs(weights.config, tower, samples.shape[0]!);
  const forward = await device.compile(towerForward(weights.config, tower), inputs);
  const feeds: Record<string, HostTensor> = {};
  for (const [name, { shape }] of Object.entries(inputs))
    feeds[name] = weights.parameters.includes(name) ? float32(await weights.read(name), shape) : samples;
  return requireTensor(await forward.run(feeds), 'embedding').data as Float32Array;
}
