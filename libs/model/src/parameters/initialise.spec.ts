import { describe, expect, it } from 'vitest';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { inTurns } from '#threads/turns.js';
import { drawnValues, initialParameters, initialValues } from './initialise.js';
import { seededRandom } from './seeded-random.js';
import type { ParameterSpec } from './parameter-spec.js';
import { parameterSpecs } from './parameters.js';
import { runningStatistics } from './running-statistics.js';
import { preset } from '../zoo/presets.js';

const tiny: ClipConfig = {
  embed_dim: 8,
  quick_gelu: false,
  vision_cfg: { image_size: 16, layers: 2, width: 64, patch_size: 8, head_width: 16, mlp_ratio: 4 },
  text_cfg: { context_length: 8, vocab_size: 100, width: 64, heads: 4, layers: 2, mlp_ratio: 4 },
};

describe('parameterSpecs', () => {
  it.each([
    ['ViT-B-32', 0.0441942, 0.0090211, 0.03125],
    ['RN50x4', 0.0395285, 0.0080687, 0.0279508],
    ['ViT-L-14', 0.0360844, 0.0073657, 0.0255155],
    ['RN50x64', 0.03125, 0.0063789, 0.0220971],
  ])('%s: the text tower starts with the standard deviations of CLIP', (name, attention, residual, hidden) => {
    const std = stds(parameterSpecs(preset(name)!));
    expect(std('transformer.resblocks.0.attn.in_proj_weight')).toBeCloseTo(attention, 7);
    expect(std('transformer.resblocks.11.attn.out_proj.weight')).toBeCloseTo(residual, 7);
    expect(std('transformer.resblocks.11.mlp.c_proj.weight')).toBeCloseTo(residual, 7);
    expect(std('transformer.resblocks.0.mlp.c_fc.weight')).toBeCloseTo(hidden, 7);
    expect(std('token_embedding.weight')).toBe(0.02);
    expect(std('positional_embedding')).toBe(0.01);
  });

  it.each([
    ['ViT-B-32', 0.0360844],
    ['ViT-L-14', 0.03125],
  ])('%s: the class, positions and projection of the image tower start with std w^-½', (name, scale) => {
    const std = stds(parameterSpecs(preset(name)!));
    for (const parameter of ['class_embedding', 'positional_embedding', 'proj'])
      expect(std(`visual.${parameter}`)).toBeCloseTo(scale, 7);
  });

  it(
    "a ResNet starts as CLIP's does: convolutions as PyTorch's, blocks as their shortcut, the attention " +
      'pool with std w^-½',
    () => {
      const specs = parameterSpecs(preset('RN50')!);
      const initial = (name: string) => specs.find((spec) => spec.name === `visual.${name}`)?.initial;
      expect(initial('conv1.weight')).toEqual({ kind: 'uniform', bound: 27 ** -0.5 });
      expect(initial('layer2.0.conv2.weight')).toEqual({ kind: 'uniform', bound: (128 * 9) ** -0.5 });
      expect(initial('layer4.0.downsample.0.weight')).toEqual({ kind: 'uniform', bound: 1024 ** -0.5 });
      for (const { name, initial } of specs.filter((spec) => /bn\d\.weight|downsample\.1\.weight/.test(spec.name))) {
        expect(initial, name).toEqual({ kind: 'constant', value: /layer.*bn3/.test(name) ? 0 : 1 });
      }
      for (const name of ['positional_embedding', 'q_proj.weight', 'k_proj.weight', 'v_proj.weight', 'c_proj.weight']) {
        expect(initial(`attnpool.${name}`), name).toEqual({ kind: 'normal', std: 2048 ** -0.5 });
      }
      for (const name of ['q_proj', 'c_proj'])
        expect(initial(`attnpool.${name}.bias`)).toEqual({ kind: 'uniform', bound: 2048 ** -0.5 });
    },
  );

  it.each([
    ['RN50', 0.0220971],
    ['RN50x4', 0.0197642],
    ['RN50x16', 0.0180422],
    ['RN50x64', 0.015625],
  ])('%s: the attention pool starts with std w^-½', (name, scale) => {
    const std = stds(parameterSpecs(preset(name)!));
    for (const parameter of [
      'positional_embedding',
      'q_proj.weight',
      'k_proj.weight',
      'v_proj.weight',
      'c_proj.weight',
    ]) {
      expect(std(`visual.attnpool.${parameter}`)).toBeCloseTo(scale, 7);
    }
  });

  it('running statistics start at 0 and 1, a mean and a variance for each of the 55 batch norms of a ResNet-50', () => {
    const statistics = runningStatistics(preset('RN50')!);
    expect(statistics).toHaveLength(110);
    for (const { name, initial } of statistics)
      expect(initial, name).toEqual({ kind: 'constant', value: name.endsWith('.running_var') ? 1 : 0 });
    const norms = parameterSpecs(preset('RN50')!).flatMap(({ name, shape }) =>
      /(bn\d|downsample\.1)\.weight$/.test(name) ? [[name.replace('weight', 'running_mean'), shape]] : [],
    );
    expect(statistics.filter(({ name }) => name.endsWith('_mean')).map(({ name, shape }) => [name, shape])).toEqual(
      norms,
    );
    expect(runningStatistics(tiny)).toEqual([]);
  });

  it('weight decay applies to weights, not to gains, biases, position and class embeddings or logit_scale', () => {
    const without = parameterSpecs(tiny)
      .filter((spec) => !spec.decay)
      .map((spec) => spec.name.split('.').at(-1));
    expect(new Set(without)).toEqual(
      new Set(['class_embedding', 'positional_embedding', 'weight', 'bias', 'in_proj_bias', 'logit_scale']),
    );
    const decayed = parameterSpecs(tiny).filter((spec) => spec.decay);
    expect(decayed.every((spec) => spec.shape.length >= 2)).toBe(true);
    expect(decayed).toHaveLength(2 * 2 * 4 + 4);
  });
});

describe("the loss's own parameters", () => {
  const ofLoss = (config: ClipConfig) => parameterSpecs(config).filter(({ tower }) => tower === 'loss');

  it('are logit_scale alone, starting at ln(1/0.07), if the config says nothing about them', () => {
    expect(ofLoss(tiny)).toEqual([
      {
        name: 'logit_scale',
        tower: 'loss',
        shape: [],
        decay: false,
        initial: { kind: 'constant', value: Math.log(1 / 0.07) },
      },
    ]);
  });

  it('include logit_bias, without decay, if the config gives its initial value', () => {
    const values = initialParameters(preset('ViT-B-16-SigLIP')!, 3);
    expect([values['logit_scale'], values['logit_bias']]).toEqual([
      Float32Array.of(Math.log(10)),
      Float32Array.of(-10),
    ]);
    expect(ofLoss({ ...tiny, init_logit_bias: -10 }).map(({ name, decay }) => [name, decay])).toEqual([
      ['logit_scale', false],
      ['logit_bias', false],
    ]);
  });
});

describe('initialValues', () => {
  // Only one large tensor of each kind and width, because drawing a whole model takes seconds.
  it.each([
    ['ViT-B-32', 'transformer.resblocks.0.attn.in_proj_weight', 0.0441942],
    ['ViT-B-32', 'transformer.resblocks.5.mlp.c_fc.weight', 0.03125],
    ['ViT-B-32', 'transformer.resblocks.11.mlp.c_proj.weight', 0.0090211],
    ['RN50x4', 'transformer.resblocks.3.attn.out_proj.weight', 0.0080687],
    ['RN50x16', 'transformer.resblocks.3.attn.out_proj.weight', 0.0073657],
    ['RN50x64', 'transformer.resblocks.3.attn.out_proj.weight', 0.0063789],
    ['ViT-B-32', 'text_projection', 0.0441942],
    ['ViT-B-32', 'positional_embedding', 0.01],
    ['ViT-B-32', 'visual.proj', 0.0360844],
    ['ViT-L-14', 'visual.positional_embedding', 0.03125],
    ['RN101', 'visual.attnpool.c_proj.weight', 0.0220971],
  ])('%s: %s is drawn with mean 0 and standard deviation %d', (model, name, std) => {
    const drawn = initialValues(
      parameterSpecs(preset(model)!).find((spec) => spec.name === name)!,
      11,
    );
    const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
    const measured = Math.sqrt(drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / drawn.length);
    // Four standard errors of the mean and of the standard deviation.
    expect(Math.abs(mean)).toBeLessThan((4 * std) / Math.sqrt(drawn.length));
    expect(Math.abs(measured / std - 1)).toBeLessThan(4 / Math.sqrt(2 * drawn.length));
  });
});

describe('drawnValues', () => {
  it('draws one number after the other from the stream of its name, wherever it pauses', async () => {
    const spec = parameterSpecs(preset('ViT-B-32')!).find(({ name }) => name === 'visual.proj')!;
    const random = seededRandom(11, spec.name);
    const std = spec.initial.kind === 'normal' ? spec.initial.std : NaN;
    const plain = Float32Array.from({ length: 768 * 512 }, () => std * random.normal());
    expect(sameBits(initialValues(spec, 11), plain)).toBe(true);
    expect(sameBits(await inTurns(drawnValues(spec, 11)), plain)).toBe(true);
  });
});

describe('initialParameters', () => {
  it('draws what the specs say', () => {
    const values = initialParameters(tiny, 7);
    for (const { name, initial } of parameterSpecs(tiny)) {
      const drawn = values[name]!;
      const rms = Math.sqrt(drawn.reduce((sum, x) => sum + x * x, 0) / drawn.length);
      // Four standard errors of an rms over the parameter's size.
      const tolerance = 4 / Math.sqrt(2 * drawn.length);
      switch (initial.kind) {
        case 'constant':
          expect(
            drawn.every((x) => x === Math.fround(initial.value)),
            name,
          ).toBe(true);
          break;
        case 'normal':
          expect(Math.abs(rms / initial.std - 1), name).toBeLessThan(tolerance);
          break;
        case 'uniform':
          expect(Math.abs((rms * Math.sqrt(3)) / initial.bound - 1), name).toBeLessThan(tolerance);
          expect(
            drawn.every((x) => Math.abs(x) <= Math.fround(initial.bound)),
            name,
          ).toBe(true);
      }
    }
  });

  it('is a function of the seed and the name: another depth or vocabulary changes no other tensor', () => {
    const values = initialParameters(tiny, 3);
    const deeper = initialParameters({ ...tiny, text_cfg: { ...tiny.text_cfg, layers: 3, vocab_size: 50 } }, 3);
    for (const { name, tower } of parameterSpecs(tiny))
      if (tower !== 'text') expect(sameBits(deeper[name]!, values[name]!), name).toBe(true);
    const again = initialParameters(tiny, 3);
    for (const { name } of parameterSpecs(tiny)) expect(sameBits(again[name]!, values[name]!), name).toBe(true);
    expect(sameBits(initialParameters(tiny, 4)['visual.proj']!, values['visual.proj']!)).toBe(false);
  });

  it('no two parameters start with the same numbers', () => {
    const drawn = parameterSpecs(tiny).filter(({ initial }) => initial.kind !== 'constant');
    const values = initialParameters(tiny, 0);
    const firsts = drawn.map(({ name, initial }) => values[name]![0]! / (initial.kind === 'normal' ? initial.std : 1));
    expect(new Set(firsts).size).toBe(drawn.length);
  });
});

function sameBits(a: Float32Array, b: Float32Array): boolean {
  return Buffer.from(a.buffer).equals(Buffer.from(b.buffer));
}

function stds(specs: readonly ParameterSpec[]): (name: string) => number {
  return (name) => {
    const initial = specs.find((spec) => spec.name === name)?.initial;
    if (initial?.kind !== 'normal') throw new Error(`${name} is not drawn from a normal distribution`);
    return initial.std;
  };
}
