// Goal: sums, norms and updates follow the plain formulas, and have the same bits with any number of optimizer threads.
// Method: real threads, on a model whose parameters fill many pieces, compared with loops written out here.
import { afterAll, describe, expect, it } from 'vitest';
import { adamW } from '#model/optimizer/adam-w.js';
import { initialParameters } from '#model/parameters/initialise.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { float32Values } from '#store/safetensors/safetensors.js';
import { sharedBlob } from '#store/safetensors/shared-blob.js';
import { openOptimizer } from './optimizer.js';
import { firstMomentsOf, secondMomentsOf, trainingState, type TrainingState } from '../state/training-state.js';

/** The token embedding of this model fills three pieces, and no width is a multiple of four. */
const model: ClipConfig = {
  embed_dim: 17,
  quick_gelu: false,
  vision_cfg: { image_size: 14, layers: 1, width: 66, patch_size: 7, head_width: 33, mlp_ratio: 4 },
  text_cfg: { context_length: 9, vocab_size: 2501, width: 66, heads: 2, layers: 1, mlp_ratio: 4 },
};
const specs = parameterSpecs(model);

/** A blob of values that look like gradients, a function of `seed`. */
function blob(seed: number): Uint8Array {
  const { bytes, values } = sharedBlob(specs);
  let i = 0;
  for (const each of Object.values(values))
    for (let at = 0; at < each.length; at++) each[at] = Math.sin(++i * seed) * 10 ** -(i % 7);
  return bytes;
}

function state(): TrainingState {
  const moments = (prefix: string, of: Uint8Array) =>
    Object.entries(float32Values(of)).map(([name, values]) => [prefix + name, values.map((value) => value * value)]);
  return trainingState({ specs }, 4, {
    parameters: initialParameters(model, 3),
    moments: Object.fromEntries([...moments('exp_avg/', blob(5)), ...moments('exp_avg_sq/', blob(6))]),
  });
}

const hyper = { learningRate: 1e-3, beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0.2, update: 5 };
const config = { model, optimizer: { kind: 'adamw', ...hyper } } as const;
const pools = [1, 2, 3].map((threads) => openOptimizer({ config, threads }));
afterAll(() => Promise.all(pools.map((optimizer) => optimizer.close())));

describe('the bits do not depend on the number of optimizer threads', () => {
  it('add is left + right of every value, rounded once to float32', async () => {
    for (const optimizer of pools) {
      const [left, right] = [blob(1), blob(2)];
      await optimizer.add(left, right);
      const expected = blob(1);
      const [sums, added] = [float32Values(expected), float32Values(blob(2))];
      for (const { name } of specs) sums[name]!.forEach((value, i) => (sums[name]![i] = value + added[name]![i]!));
      expect(Buffer.compare(left, expected)).toBe(0);
      expect(Buffer.compare(right, blob(2))).toBe(0);
    }
  });

  it('add does the same to a few values, for which it asks no thread', async () => {
    const few = (seed: number): Uint8Array => {
      const { bytes, values } = sharedBlob([{ name: 'a', shape: [3, 5] }]);
      values['a']!.forEach((_, i) => (values['a']![i] = Math.sin(seed * (i + 1))));
      return bytes;
    };
    const left = few(1);
    await pools[0]!.add(left, few(2));
    const [sums, others] = [float32Values(few(1))['a']!, float32Values(few(2))['a']!];
    expect(float32Values(left)['a']).toEqual(sums.map((value, i) => Math.fround(value + others[i]!)));
  });

  it('norm is that of all values, and not finite if a value is not finite', async () => {
    const values = Object.values(float32Values(blob(1))).flatMap((each) => [...each]);
    const expected = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
    const norms = await Promise.all(pools.map((optimizer) => optimizer.norm(blob(1))));
    expect(new Set(norms).size).toBe(1);
    expect(Math.abs(norms[0]! / expected - 1)).toBeLessThan(1e-12);
    const spoilt = blob(1);
    float32Values(spoilt)['token_embedding.weight']![150_000] = Infinity;
    expect(await pools[1]!.norm(spoilt)).toBe(Infinity);
  });

  it('adamW applies the clipped gradient, with weight decay for the parameters that have it', async () => {
    const gradientFactor = 0.3;
    for (const optimizer of pools) {
      const [updated, before] = [state(), state()];
      await optimizer.adamW(updated, blob(1), { learningRate: hyper.learningRate, gradientFactor });
      const [parameters, gradients] = [float32Values(before.parameters), float32Values(blob(1))];
      const moments = float32Values(before.moments);
      const [firstMoments, secondMoments] = [firstMomentsOf(moments), secondMomentsOf(moments)];
      for (const { name, decay } of specs) {
        const tensors = {
          parameters: parameters[name]!,
          gradients: gradients[name]!.map((g) => g * gradientFactor),
          firstMoments: firstMoments[name]!,
          secondMoments: secondMoments[name]!,
        };
        adamW(tensors, { ...hyper, weightDecay: decay ? hyper.weightDecay : 0 });
      }
      expect(Buffer.compare(updated.parameters, before.parameters)).toBe(0);
      expect(Buffer.compare(updated.moments, before.moments)).toBe(0);
    }
  });

  it('adamW clamps logit_scale to [0, ln 100]', async () => {
    const [updated, gradient] = [state(), blob(1)];
    float32Values(gradient)['logit_scale']![0] = -1e6;
    await pools[1]!.adamW(updated, gradient, { learningRate: 10, gradientFactor: 1 });
    expect(float32Values(updated.parameters)['logit_scale']![0]).toBe(Math.fround(Math.log(100)));
  });
});
