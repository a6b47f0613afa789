// Goal: an invalid document is refused with all its problems, each with path, value and what is allowed.
import { describe, expect, it } from 'vitest';
import type { TandemError } from '../tandem-error.js';
import { parseClipConfig, parseRunConfig, type ClipConfig, type ModelZoo } from './run-config.js';
import { isResNet } from './vision-config.js';

const tiny: ClipConfig = {
  embed_dim: 16,
  quick_gelu: false,
  vision_cfg: { image_size: 32, layers: 1, width: 64, patch_size: 8, head_width: 32, mlp_ratio: 4 },
  text_cfg: { context_length: 8, vocab_size: 49_408, width: 64, heads: 2, layers: 1, mlp_ratio: 4 },
};
/** The vision_cfg of open_clip's RN50.json. */
const resNet = { image_size: 224, layers: [3, 4, 6, 3], width: 64, patch_size: null };
const good = { name: 'run', model: 'tiny', data: { train: './data' }, batch: 8, shards: 2, steps: 10 };
const zoo: ModelZoo = {
  find: (name) => (name.toLowerCase() === 'tiny' ? { name: 'tiny', config: tiny } : undefined),
  nearest: () => ['tiny'],
  parameters: () => [
    { name: 'visual.proj', tower: 'image' },
    { name: 'text_projection', tower: 'text' },
    { name: 'logit_scale', tower: 'loss' },
  ],
};
const parse = (changes: Record<string, unknown>) => parseRunConfig({ ...good, ...changes }, zoo);

function refusal(changes: Record<string, unknown>): TandemError {
  try {
    parse(changes);
  } catch (error) {
    return error as TandemError;
  }
  throw new Error('expected the document to be refused');
}

describe('a good document', () => {
  it('gets its defaults, and its model name is resolved', () => {
    const config = parse({ model: 'Tiny' });
    expect(config).toMatchObject({
      modelName: 'tiny',
      model: tiny,
      seed: 0,
      optimizer: { kind: 'adamw', beta2: 0.98 },
      checkpoint: { everySteps: 500, keep: 3 },
    });
  });

  it('the default loss is sigmoid for a model with a logit bias', () => {
    const withBias = { ...tiny, init_logit_scale: Math.log(10), init_logit_bias: -10 };
    expect(parse({}).loss).toEqual({
      kind: 'softmax',
      labelSmoothing: 0,
      maskSameCaption: false,
      maskSameImage: false,
    });
    expect(parse({ model: withBias }).loss).toEqual({ kind: 'sigmoid', maskSameCaption: false, maskSameImage: false });
    expect(parse({ model: withBias, loss: { kind: 'softmax' } }).loss).toMatchObject({ kind: 'softmax' });
    expect(parse({ loss: { maskSameCaption: true } }).loss).toMatchObject({ kind: 'softmax', maskSameCaption: true });
    expect(parse({ loss: { labelSmoothing: 0.1 } }).loss).toMatchObject({ kind: 'softmax', labelSmoothing: 0.1 });
    expect(parse({ model: withBias, loss: { maskSameImage: true } }).loss).toMatchObject({ kind: 'sigmoid' });
    expect(refusal({ model: withBias, loss: { labelSmoothing: 0.1 } }).message).toContain('"labelSmoothing"');
  });

  it('initial weights given as a path are loaded completely', () => {
    expect(parse({ init: 'clip-hf' }).init).toEqual({ weights: 'clip-hf' });
    const some = { weights: 'clip-hf', only: ['image', '*_projection'], sha256: 'a'.repeat(64) };
    expect(parse({ init: some }).init).toEqual(some);
    expect(parse({})).not.toHaveProperty('init');
  });

  it('patterns that name no parameter are refused', () => {
    expect(refusal({ init: { weights: 'clip-hf', only: ['visual.*', 'vision.*'] } }).problems).toEqual([
      {
        path: 'init.only.1',
        message: 'expected image, text or a pattern of parameters\' names, got "vision.*", which names none of the 3',
      },
    ]);
  });

  it('a ResNet is recognised by its four stages, with or without patch_size: null', () => {
    const { patch_size: _, ...without } = resNet;
    for (const vision_cfg of [resNet, without]) {
      const { model } = parse({ model: { ...tiny, vision_cfg } });
      expect(model.vision_cfg).toEqual({ ...resNet, head_width: 64 });
      expect(isResNet(model.vision_cfg)).toBe(true);
    }
    expect(isResNet(parse({}).model.vision_cfg)).toBe(false);
  });
});

describe('a wrong document', () => {
  it('all problems at once, each with path and value', () => {
    const { code, message } = refusal({
      batch: 1,
      steps: 'many',
      optimizer: { learningRate: 7, momentum: 0.9 },
      colour: 'red',
    });
    expect(code).toBe('CONFIG_INVALID');
    for (const part of [
      '5 problems',
      'batch: ',
      'got 1',
      'steps: ',
      'got "many"',
      'optimizer.learningRate: ',
      'got 7',
      '"momentum"',
      '"colour"',
    ])
      expect(message).toContain(part);
  });

  it.each([
    [{ shards: 9 }, 'shards: expected at most batch = 8 shards, got 9'],
    [
      { batch: undefined, data: 7 },
      '2 problems:\n  data: expected object, got 7\n  batch: expected number, got nothing',
    ],
    [{ shards: undefined, shardSize: 9 }, 'shardSize: expected at most batch = 8 pairs, got 9'],
    [{ shardSize: 2 }, 'shards: expected exactly one of shards and shardSize, got both'],
    [{ shards: undefined }, 'shards: expected exactly one of shards and shardSize, got neither'],
    [
      { loss: { kind: 'sigmoid' } },
      'loss.kind: expected softmax for a model without a bias of its logits, got sigmoid; or give the ' +
        'model init_logit_bias: -10 and init_logit_scale: 2.302585',
    ],
    [
      { data: { train: [{ data: 'a', weight: 1 }, { data: 'b' }] } },
      'data.train.1.weight: expected a weight for every data set or for none',
    ],
    [
      { data: { train: [{ data: 'a', weight: 1 }], sampling: 'groups' } },
      'data.sampling: expected pairs, blocks or resampled for data sets with weights, got groups',
    ],
    [
      { data: { train: ['a', 'b', 'c'].map((data) => ({ data, weight: 1 })) } },
      'data.train: expected at most 2 data sets with weights, √batch, got 3',
    ],
    [{ data: { train: [{ data: 'a', wait: 1 }] } }, 'data.train.0: unknown key "wait"'],
    [{ schedule: { warmupSteps: 11 } }, 'schedule.warmupSteps: expected at most steps = 10, got 11'],
    [
      { model: { ...tiny, vision_cfg: { ...tiny.vision_cfg, patch_size: 7 } } },
      'model.vision_cfg.patch_size: expected a divisor of image_size 32, got 7',
    ],
    [
      { model: { ...tiny, text_cfg: { ...tiny.text_cfg, heads: 3 } } },
      'model.text_cfg.heads: expected a divisor of width 64, got 3',
    ],
    [
      { model: { ...tiny, vision_cfg: { ...tiny.vision_cfg, head_width: 33 } } },
      'model.vision_cfg.head_width: expected a divisor of width 64, got 33',
    ],
    [
      { model: { ...tiny, vision_cfg: { ...tiny.vision_cfg, layers: 0, colour: 1 } } },
      '2 problems:\n  model.vision_cfg.layers: Too small: expected number to be >=1, got 0\n  ' +
        'model.vision_cfg: unknown key "colour"',
    ],
    [
      { model: { ...tiny, vision_cfg: { ...resNet, head_width: 48 } } },
      'model.vision_cfg.head_width: expected a divisor of 32 · width = 2048, got 48',
    ],
    [
      { model: { ...tiny, vision_cfg: { ...resNet, image_size: 48 } } },
      'model.vision_cfg.image_size: Invalid number: must be a multiple of 32, got 48',
    ],
    [{ model: { ...tiny, vision_cfg: { ...resNet, mlp_ratio: 4 } } }, 'model.vision_cfg: unknown key "mlp_ratio"'],
    [
      { tokenizer: { kind: 'bpe', vocabulary: 600 } },
      'tokenizer.vocabulary: expected model.text_cfg.vocab_size = 49408, got 600',
    ],
    [
      { model: { ...tiny, text_cfg: { ...tiny.text_cfg, pool_type: 'eos', eos_id: 7 } } },
      "model.text_cfg.eos_id: expected vocab_size − 1 = 49407, the end token of the run's tokenizer, got 7",
    ],
    [
      { model: 'ViT-Z-99' },
      'model: expected a model\'s name or a config, got "ViT-Z-99"; the nearest names are tiny, ' +
        '`tandem models` lists all',
    ],
  ])('%j', (changes, expected) => {
    expect(refusal(changes).message).toContain(expected);
  });

  it('says where every key is explained', () => {
    expect(refusal({ batch: 0 }).help).toContain('docs/run-document.md');
  });
});

describe('parseClipConfig', () => {
  it('fills in defaults; optional keys of the text tower stay absent', () => {
    expect(
      parseClipConfig(
        {
          embed_dim: 16,
          vision_cfg: { image_size: 32, layers: 1, width: 64, patch_size: 8 },
          text_cfg: { width: 64, heads: 2, layers: 1, pool_type: 'last' },
        },
        'a.json',
      ),
    ).toEqual({
      embed_dim: 16,
      quick_gelu: false,
      vision_cfg: { image_size: 32, layers: 1, width: 64, patch_size: 8, head_width: 64, mlp_ratio: 4 },
      text_cfg: {
        context_length: 77,
        vocab_size: 49_408,
        width: 64,
        heads: 2,
        layers: 1,
        mlp_ratio: 4,
        pool_type: 'last',
      },
    });
  });

  it('names the file and the keys with problems', () => {
    const wrong = {
      ...tiny,
      text_cfg: { ...tiny.text_cfg, heads: 3 },
      vision_cfg: { ...tiny.vision_cfg, patch_size: 7 },
    };
    expect(() => parseClipConfig(wrong, 'a.json')).toThrow(
      'model config in a.json has 2 problems:\n  vision_cfg.patch_size: expected a divisor of ' +
        'image_size 32, got 7\n  text_cfg.heads: expected a divisor of width 64, got 3',
    );
    expect(() => parseClipConfig({ ...tiny, text_cfg: { ...tiny.text_cfg, pool_type: 'mean' } }, 'a.json')).toThrow(
      /text_cfg\.pool_type: .*argmax.*got "mean"/,
    );
  });

  it.each([
    [{ pool_type: 'eos' }, 'text_cfg.eos_id: expected an id below vocab_size 49408 for pool_type eos, got none'],
    [{ pool_type: 'eos', eos_id: 49_408 }, 'text_cfg.eos_id: expected an id below vocab_size 49408 .*, got 49408'],
    [{ eos_id: 7 }, 'text_cfg.eos_id: expected it for pool_type eos only, got argmax'],
  ])('the end token and where captions are read fit together: %j', (text, message) => {
    expect(() => parseClipConfig({ ...tiny, text_cfg: { ...tiny.text_cfg, ...text } }, 'a.json')).toThrow(
      new RegExp(message),
    );
  });
});
