// Goal: every gradient of a tiny model is right. Method: finite differences of the loss along the gradient itself,
// where the slope must be its norm, and along a random direction of each parameter tensor.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Device } from '#engine/device.js';
import { openOrtDevice } from '#engine/run/onnxruntime/ort-device.js';
import { initialParameters } from '#model/parameters/initialise.js';
import type { NamedValues } from '#model/parameters/named-values.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import { seededRandom } from '#model/parameters/seeded-random.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { openStepOfPairs, type StepOfPairs, type Pairs, type StepGradients } from '../support/step-of-pairs.js';

const batch = 5;
const tiny: ClipConfig = {
  embed_dim: 6,
  quick_gelu: false,
  vision_cfg: { image_size: 8, layers: 2, width: 12, patch_size: 4, head_width: 6, mlp_ratio: 2 },
  text_cfg: { context_length: 7, vocab_size: 20, width: 8, heads: 2, layers: 2, mlp_ratio: 3 },
};

const models: readonly (readonly [string, ClipConfig])[] = [
  ['GELU', tiny],
  ['QuickGELU', { ...tiny, quick_gelu: true }],
  ['the sigmoid loss', { ...tiny, init_logit_scale: Math.log(10), init_logit_bias: -3 }],
  [
    'text without a causal mask, pooled at the last token and projected with a bias',
    {
      ...tiny,
      text_cfg: {
        ...tiny.text_cfg,
        no_causal_mask: true,
        pool_type: 'last',
        proj_bias: true,
        norm_kwargs: { eps: 1e-6 },
      },
    },
  ],
];

describe.each(models)('gradients equal finite differences, %s', (_, config) => {
  const parameters = startingPoint(config);
  const pairs = randomPairs(config);
  let device: Device;
  let step: StepOfPairs;
  let analytic: StepGradients;
  beforeAll(async () => {
    device = openOrtDevice({ kind: 'cpu', threads: 1 });
    step = await openStepOfPairs(device, config, batch);
    analytic = await step.gradients(parameters, pairs);
  });
  afterAll(async () => {
    await step?.close();
    await device.close();
  });

  it.each(parameterSpecs(config).map(({ name }) => name))('%s', async (name) => {
    const gradient = analytic.gradients[name]!;
    const length = Math.hypot(...gradient);
    expect(length).toBeGreaterThan(1e-4);
    const steepest = gradient.map((value) => value / length);
    for (const direction of [steepest, randomDirection(name, gradient.length)]) {
      const predicted = gradient.reduce((sum, value, i) => sum + value * direction[i]!, 0);
      const measured = await slope(step, pairs, parameters, name, direction);
      expect(Math.abs(measured - predicted)).toBeLessThan(0.01 * length + 1e-4);
    }
  });
});

/**
 * The initial parameters, but with the text embeddings thirty times larger. They start so small that a difference step
 * h would not be small in comparison.
 */
function startingPoint(config: ClipConfig): NamedValues {
  const parameters = initialParameters(config, 5);
  const enlarged = ['token_embedding.weight', 'positional_embedding'].map(
    (name) => [name, parameters[name]!.map((value) => 30 * value)] as const,
  );
  return { ...parameters, ...Object.fromEntries(enlarged) };
}

/** Derivative of the loss along a direction of one parameter, from four values of the loss. Its error is O(h⁴). */
async function slope(
  step: StepOfPairs,
  pairs: Pairs,
  parameters: NamedValues,
  name: string,
  direction: Float32Array,
): Promise<number> {
  const h = 1e-2;
  const lossAt = async (distance: number): Promise<number> => {
    const moved = parameters[name]!.map((value, i) => value + distance * direction[i]!);
    return (await step.gradients({ ...parameters, [name]: moved }, pairs)).contrast.loss;
  };
  const near = (await lossAt(h)) - (await lossAt(-h));
  const far = (await lossAt(2 * h)) - (await lossAt(-2 * h));
  return (8 * near - far) / (12 * h);
}

function randomDirection(name: string, size: number): Float32Array {
  const random = seededRandom(1, name);
  const values = new Float32Array(size).map(() => random.normal());
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

function randomPairs({ vision_cfg: vision, text_cfg: text }: ClipConfig): Pairs {
  const random = seededRandom(2, 'pairs');
  const end = text.vocab_size - 1;
  const caption = (): number[] => {
    const words = 1 + Math.floor(random.uniform() * (text.context_length - 2));
    const ids = Array.from({ length: words }, () => 1 + Math.floor(random.uniform() * (end - 1)));
    return [...ids, end, ...new Array<number>(text.context_length - words - 1).fill(0)];
  };
  return {
    images: new Float32Array(batch * vision.image_size ** 2 * 3).map(() => random.normal()),
    tokens: Int32Array.from(Array.from({ length: batch }, caption).flat()),
  };
}
