// Goal: our towers, loss, gradients and optimizer give what open_clip gives for the same weights and pairs. Method:
// files that open_clip wrote. Every file in PARITY_DIR is checked; its metadata holds the model config.
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Device } from '#engine/device.js';
import { float32, int32, type HostTensor } from '#engine/tensor-spec.js';
import type { NamedValues } from '#model/parameters/named-values.js';
import { updateParameters } from '#model/optimizer/adam-w.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import { isRunningStatistic } from '#model/parameters/running-statistics.js';
import { towerForward, towerInputs, type TowerName } from '#model/towers/tower-step.js';
import { isResNet } from '#protocol/run/vision-config.js';
import { devices } from '../support/devices.js';
import { openStepOfPairs, type StepOfPairs, type StepGradients } from '../support/step-of-pairs.js';
import { openParityFile, type ParityFile } from './parity-file.js';

const tolerance = 1e-4;
const folder = resolve(process.env['PARITY_DIR'] ?? '../shared/parity');
const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.safetensors')) : [];

if (files.length === 0) {
  it('parity with the files of PARITY_DIR', ({ skip }) => {
    expect(process.env['PARITY_DIR'], `PARITY_DIR must hold *.safetensors; ${folder} does not`).toBeUndefined();
    skip(`no *.safetensors in ${folder}; name a folder with PARITY_DIR`);
  });
}

for (const name of files) {
  const file = openParityFile(join(folder, name));
  if ('cannot' in file) it(`parity with ${name}, not checked: ${file.cannot}`, ({ skip }) => skip(file.cannot));
  else
    for (const device of devices)
      describe(`parity with ${name}, ${device.name}`, () => checkParity(file, device.open, device.name === 'tfjs'));
}

function checkParity(file: ParityFile, open: () => Promise<Device>, isInterpreted: boolean): void {
  let device: Device;
  let step: StepOfPairs;
  let first: StepGradients;
  beforeAll(async () => {
    device = await open();
    step = await openStepOfPairs(device, file.config, file.batch);
    first = await step.gradients(file.below('w/'), file.pairs);
  });
  afterAll(async () => {
    await step?.close();
    await device.close();
  });

  it('features', () => {
    expect(relativeError(first.images, file.values('out/image_features'))).toBeLessThan(tolerance);
    expect(relativeError(first.texts, file.values('out/text_features'))).toBeLessThan(tolerance);
  });

  const evaluated = file.below('out/eval_');
  it.runIf(Object.keys(evaluated).length > 0)('features in evaluation mode, with running statistics', async () => {
    const { images, texts } = await embed(device, file);
    expect(relativeError(images, evaluated['image_features']!)).toBeLessThan(tolerance);
    expect(relativeError(texts, evaluated['text_features']!)).toBeLessThan(tolerance);
  });

  it('loss', () => {
    expect(relativeError([first.contrast.loss], file.values('out/loss'))).toBeLessThan(tolerance);
  });

  it('every gradient', () => {
    const expected = file.below('grad/');
    expect(Object.keys(first.gradients).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, values] of Object.entries(expected))
      if (!isZero(name)) expect(relativeError(first.gradients[name]!, values), name).toBeLessThan(tolerance);
  });

  if (isResNet(file.config.vision_cfg) && isInterpreted && !process.env['PARITY_ALL']) {
    return it('five steps of AdamW', ({ skip }) =>
      skip(
        'interpreted convolutions take minutes, and the optimiser does not know the device; ' +
          'PARITY_ALL=1 runs it all the same',
      ));
  }
  describe('five steps of AdamW', () => {
    const trained = file.below('w5/');
    const parameters = Object.fromEntries(
      Object.entries(file.below('w/')).filter(([name]) => !isRunningStatistic(name)),
    );
    let losses: number[];
    beforeAll(async () => {
      losses = await train(step, file, parameters, 5);
    }, 900_000);

    it('loss of each', () => {
      expect(relativeError(losses, file.values('run/loss'))).toBeLessThan(tolerance);
    });

    it('all parameters together, and the features of the trained model', { timeout: 300_000 }, async () => {
      const names = Object.keys(trained).filter((name) => !isZero(name));
      const together = (values: NamedValues): Float32Array =>
        Float32Array.from(names.flatMap((name) => [...withoutZeros(name, values[name]!)]));
      expect(relativeDistance(together(parameters), together(trained))).toBeLessThan(tolerance);
      const [actual, expected] = [
        await step.gradients(parameters, file.pairs),
        await step.gradients({ ...parameters, ...trained }, file.pairs),
      ];
      expect(relativeError(actual.images, expected.images)).toBeLessThan(tolerance);
      expect(relativeError(actual.texts, expected.texts)).toBeLessThan(tolerance);
      expect(relativeError([actual.contrast.loss], [expected.contrast.loss])).toBeLessThan(tolerance);
    });

    it('each parameter', () => {
      for (const [name, values] of Object.entries(trained)) {
        if (isZero(name)) continue;
        const [actual, expected] = [withoutZeros(name, parameters[name]!), withoutZeros(name, values)];
        expect(relativeDistance(actual, expected), name).toBeLessThan(isNormBias(name) ? 20 * tolerance : tolerance);
        expect(largestError(actual, expected), name).toBeLessThan(
          (isNormBias(name) ? 10 : isResNet(file.config.vision_cfg) ? 2 : 1) *
            tolerance *
            Math.max(1, largest(expected)),
        );
      }
    });
  });
}

/** The embeddings of all pairs by the trained model. */
async function embed(
  device: Device,
  { config, batch, pairs, below }: ParityFile,
): Promise<{ images: Float32Array; texts: Float32Array }> {
  const values = below('w/');
  const rows = async (tower: TowerName, samples: HostTensor): Promise<Float32Array> => {
    const inputs = towerInputs(config, tower, batch);
    const forward = await device.compile(towerForward(config, tower), inputs);
    const feeds = Object.entries(inputs).map(
      ([name, { shape }]) => [name, values[name] ? float32(values[name], shape) : samples] as const,
    );
    return (await forward.run(Object.fromEntries(feeds)))['embedding']!.data as Float32Array;
  };
  const { image_size: side } = config.vision_cfg;
  return {
    images: await rows('image', float32(pairs.images, [batch, side, side, 3])),
    texts: await rows('text', int32(pairs.tokens, [batch, config.text_cfg.context_length])),
  };
}

/**
 * The optimizer of the files: lr 1e-3, betas 0.9 and 0.98, epsilon 1e-6, and weight decay 0.2 on every parameter of two
 * or more dimensions.
 */
async function train(
  step: StepOfPairs,
  { config, pairs }: ParityFile,
  parameters: NamedValues,
  steps: number,
): Promise<number[]> {
  const specs = parameterSpecs(config);
  const zeros = (): NamedValues =>
    Object.fromEntries(specs.map(({ name }) => [name, new Float32Array(parameters[name]!.length)]));
  const moments = { firstMoments: zeros(), secondMoments: zeros() };
  const losses: number[] = [];
  for (let update = 1; update <= steps; update++) {
    const { contrast, gradients } = await step.gradients(parameters, pairs);
    losses.push(contrast.loss);
    updateParameters({
      specs,
      parameters,
      gradients,
      ...moments,
      hyper: { learningRate: 1e-3, beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0.2, update },
      decays: ({ shape }) => shape.length >= 2,
    });
  }
  return losses;
}

/** Is the true gradient zero? It is for the bias of the keys, which shifts all logits of a row alike. */
function isZero(name: string): boolean {
  return name.endsWith('.k_proj.bias');
}

/**
 * Biases of batch norms start at zero, and Adam moves each by a full step, however small its gradient is (1e-7 for a
 * channel that a ReLU hides). So rounding errors show. Compared with a float64 run in PyTorch, the file is off by 8e-4,
 * a float32 run in PyTorch by 9e-4 and ours by 7e-4; single values by 2e-4 to 3e-4, and other weights by 1.5e-4.
 */
function isNormBias(name: string): boolean {
  return /(bn\d|downsample\.1)\.bias$/.test(name);
}

/**
 * The values without the keys' third of an attention bias. Its true gradient is zero, so Adam turns the rounding errors
 * of either implementation into full steps.
 */
function withoutZeros(name: string, values: Float32Array): Float32Array {
  const width = name.endsWith('.in_proj_bias') ? values.length / 3 : 0;
  return values.filter((_, i) => i < width || i >= 2 * width);
}

/** The largest error, relative to the largest expected value. */
function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  const error = largestError(actual, expected);
  return error === 0 ? 0 : error / largest(expected);
}

/** |actual − expected| / |expected|, Euclidean. */
function relativeDistance(actual: Float32Array, expected: Float32Array): number {
  const distance = Math.sqrt(expected.reduce((sum, value, i) => sum + (actual[i]! - value) ** 2, 0));
  return distance === 0 ? 0 : distance / Math.sqrt(expected.reduce((sum, value) => sum + value ** 2, 0));
}

/** The largest error. NaN if any error is NaN, and then no tolerance is met. */
function largestError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  return Array.from(expected).reduce((error, value, i) => Math.max(error, Math.abs(actual[i]! - value)), 0);
}

function largest(values: ArrayLike<number>): number {
  return Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
