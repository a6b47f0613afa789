// Goal: a text tower sees and reads what its config says. Method: check which captions give the same row.
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { print } from '#engine/program/print.js';
import { record } from '#engine/trace/trace.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import type { TextConfig } from '#protocol/run/text-config.js';
import { initialParameters } from '../parameters/initialise.js';
import { parameterSpecs } from '../parameters/parameters.js';
import { textTower } from './text-tower.js';
import { towerForward, towerInputs } from './tower-step.js';

const text: TextConfig = { context_length: 5, vocab_size: 20, width: 12, heads: 2, layers: 2, mlp_ratio: 2 };
type Pool = NonNullable<TextConfig['pool_type']>;

beforeAll(() => tf.setBackend('cpu'));

describe.each([false, true])('no_causal_mask %s', (seesAll) => {
  const encode = (tokens: readonly number[], pool: Pool): number[] =>
    encoded({ ...text, no_causal_mask: seesAll, pool_type: pool }, tokens);

  it('argmax reads the first token of the highest id: the same row as last or first if the token is there', () => {
    expect(distance(encode([3, 7, 2, 4, 19], 'argmax'), encode([3, 7, 2, 4, 19], 'last'))).toBeLessThan(1e-6);
    expect(distance(encode([19, 7, 2, 4, 19], 'argmax'), encode([19, 7, 2, 4, 19], 'first'))).toBeLessThan(1e-6);
    expect(distance(encode([3, 7, 2, 4, 19], 'first'), encode([3, 7, 2, 4, 19], 'last'))).toBeGreaterThan(1e-3);
  });

  it(`the row read ${seesAll ? 'depends' : 'does not depend'} on tokens after it, and depends on those before`, () => {
    const seen = (pool: Pool, a: readonly number[], b: readonly number[]): boolean =>
      distance(encode(a, pool), encode(b, pool)) > 1e-5;
    expect(seen('argmax', [3, 19, 2, 4, 5], [3, 19, 2, 4, 6])).toBe(seesAll);
    expect(seen('first', [3, 19, 2, 4, 5], [3, 19, 2, 4, 6])).toBe(seesAll);
    expect(seen('argmax', [3, 19, 2, 4, 5], [1, 19, 2, 4, 5])).toBe(true);
    expect(seen('last', [3, 19, 2, 4, 5], [1, 19, 2, 4, 5])).toBe(true);
  });
});

it('eos reads the first token of its id, whatever the others are, and the first of all where there is none', () => {
  const encode = (tokens: readonly number[], options: Partial<TextConfig>): number[] =>
    encoded({ ...text, ...options }, tokens);
  const eos = { pool_type: 'eos', eos_id: 4 } as const;
  expect(distance(encode([3, 19, 2, 7, 4], eos), encode([3, 19, 2, 7, 4], { pool_type: 'last' }))).toBeLessThan(1e-6);
  expect(distance(encode([4, 19, 2, 7, 4], eos), encode([4, 19, 2, 7, 4], { pool_type: 'first' }))).toBeLessThan(1e-6);
  expect(distance(encode([3, 19, 2, 7, 5], eos), encode([3, 19, 2, 7, 5], { pool_type: 'first' }))).toBeLessThan(1e-6);
  expect(distance(encode([3, 19, 2, 4, 5], eos), encode([3, 19, 2, 4, 6], eos))).toBeLessThan(1e-6);
  expect(distance(encode([3, 19, 2, 4, 5], eos), encode([3, 19, 2, 4, 5], {}))).toBeGreaterThan(1e-3);
});

it('the defaults are causal, argmax and without bias', () => {
  const tokens = [3, 7, 19, 4, 0];
  expect(encoded(text, tokens)).toEqual(
    encoded({ ...text, no_causal_mask: false, pool_type: 'argmax', proj_bias: false }, tokens),
  );
});

it(
  'no_causal_mask lets every block see all tokens: without positions, the row that is read does not ' +
    'depend on the order of the others',
  () => {
    const { encode, parameters } = tower({ ...text, no_causal_mask: true, pool_type: 'first' });
    const changed = { positional_embedding: tf.zerosLike(parameters['positional_embedding']!) };
    expect(distance(encode([3, 7, 2, 4, 19], changed), encode([3, 19, 4, 7, 2], changed))).toBeLessThan(1e-6);
    expect(distance(encode([3, 7, 2, 4, 19]), encode([3, 19, 4, 7, 2]))).toBeGreaterThan(1e-4);
  },
);

it.each([
  [{}, 1e-5, 1 / 16],
  [{ norm_kwargs: { eps: 1 / 16 } }, 1 / 16, 1e-5],
])('%j: all norms add %d to the variance', (options, epsilon, other) => {
  const config = configOf({ ...text, ...options });
  const program = print(record(towerForward(config, 'text'), towerInputs(config, 'text', 2)));
  expect(program).toContain(`= constant {values: [${Math.fround(epsilon)}]}`);
  expect(program).not.toContain(`= constant {values: [${Math.fround(other)}]}`);
});

it('proj_bias: the projection is a linear layer as open_clip stores it, [d, w] and a bias', () => {
  const tokens = [3, 7, 19, 4, 0];
  const plain = tower(text);
  const biased = tower({ ...text, proj_bias: true });
  const weight = tf.transpose(plain.parameters['text_projection']!);
  const bias = tf.tensor1d([1, -2, 3, 0.5, 0, 7]);
  const expected = plain.encode(tokens).map((value, i) => value + bias.dataSync()[i]!);
  expect(
    distance(biased.encode(tokens, { 'text_projection.weight': weight, 'text_projection.bias': bias }), expected),
  ).toBeLessThan(1e-5);
});

function encoded(config: TextConfig, tokens: readonly number[]): number[] {
  return tower(config).encode(tokens);
}

function tower(textConfig: TextConfig): {
  readonly parameters: Record<string, tf.Tensor>;
  encode(tokens: readonly number[], changed?: Record<string, tf.Tensor>): number[];
} {
  const config = configOf(textConfig);
  const values = initialParameters(config, 1);
  // Initial embeddings are so small that captions would hardly differ.
  const scale = (name: string): number => (name.endsWith('embedding') || name.startsWith('token') ? 50 : 1);
  const parameters = Object.fromEntries(
    parameterSpecs(config).map(({ name, shape }) => [name, tf.mul(tf.tensor(values[name]!, [...shape]), scale(name))]),
  );
  return {
    parameters,
    encode: (tokens, changed = {}) => [
      ...textTower(
        config,
        { ...parameters, ...changed },
        tf.tensor2d([[...tokens]], [1, tokens.length], 'int32'),
      ).dataSync(),
    ],
  };
}

function configOf(textConfig: TextConfig): ClipConfig {
  return {
    embed_dim: 6,
    quick_gelu: false,
    vision_cfg: { image_size: 8, layers: 1, width: 8, patch_size: 8, head_width: 8, mlp_ratio: 1 },
    text_cfg: textConfig,
  };
}

function distance(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(...a.map((value, i) => value - b[i]!));
}
