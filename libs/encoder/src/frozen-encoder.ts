import type { Device, DeviceTensor, Executable, Stash } from '#engine/device.js';
import type { Precision } from '#engine/tensor-spec.js';
import { sampleNames, towerForward, towerInputs, type TowerName } from '#model/towers/tower-step.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import type { Encoder } from './encoder.js';

/**
 * Opens an encoder of which nothing is trained. Its forward pass is that of evaluation; it has neither stashes nor
 * gradients.
 */
export async function openFrozenEncoder(
  device: Device,
  config: ClipConfig,
  tower: TowerName,
  precision: Precision,
): Promise<Encoder> {
  const { [sampleNames[tower]]: _samples, ...specs } = towerInputs(config, tower, 1);
  const names = Object.keys(specs);
  const parameters: Record<string, DeviceTensor> = {};
  for (const name of names) parameters[name] = await device.allocate(specs[name]!);
  const compiled = new Map<number, Promise<Executable>>();
  const executable = (b: number): Promise<Executable> => {
    const known =
      compiled.get(b) ??
      device.compile(towerForward(config, tower), towerInputs(config, tower, b), {
        precision,
        cacheKey: { function: 'towerForward', tower, config },
        source: {
          module: import.meta.resolve('#model/towers/tower-step.js'),
          name: 'towerForward',
          arguments: [config, tower],
        },
      });
    compiled.set(b, known);
    return known;
  };
  return {
    isTrainable: false,
    stashBytes: async () => 0,
    parameters: names,
    tensors: parameters,
    async setParameter(name, values) {
      await parameters[name]!.write(values);
    },
    async forward(samples) {
      const outputs = await (await executable(samples.shape[0]!)).run({ ...parameters, [sampleNames[tower]]: samples });
      return { rows: outputs['embedding']!.data as Float32Array, stash: nothing };
    },
    async backward() {},
    async clearGradients() {},
    async readGradient(name) {
      throw new Error(`internal: the gradient of ${name} was asked for, which is frozen`);
    },
    async close() {
      for (const tensor of Object.values(parameters)) await tensor.dispose();
      for (const one of await Promise.allSettled(compiled.values()))
        if (one.status === 'fulfilled') await one.value.dispose();
    },
  };
}

const nothing: Stash = { tensors: {}, async dispose() {} };
