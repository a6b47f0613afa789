import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseRunDocument } from '#protocol/document/run-document.js';
import { runDocumentPage } from './run-document-page.js';

it('docs/run-document.md is what the schema says; `npm run docs` writes it', () => {
  const written = readFileSync(new URL('../../../../../docs/run-document.md', import.meta.url), 'utf8');
  expect(written).toBe(runDocumentPage());
});

it('names every key with its range and default', () => {
  const page = runDocumentPage();
  expect(page).toMatch(/`optimizer\.beta2` \| number, ≥ 0, < 1 \| `0.98`/);
  expect(page).toMatch(/`tokenizer\.vocabulary` \| whole number, ≥ 514, ≤ 1000000/);
  expect(page).toMatch(/`evaluation\.zeroShot\[\]\.templates` \| list of string/);
  expect(page).toMatch(/`model\.vision_cfg\.patch_size`/);
});

describe('every key that the page does not call required may be left out', () => {
  const text = { context_length: 77, vocab_size: 49_408, width: 64, heads: 2, layers: 1, mlp_ratio: 4 };
  const optional = { no_causal_mask: true, pool_type: 'first', norm_kwargs: { eps: 1e-5 }, proj_bias: true };
  const transformer = { image_size: 224, layers: 1, width: 64, patch_size: 32, head_width: 64, mlp_ratio: 4 };
  const resNet = { image_size: 224, layers: [1, 1, 1, 1], width: 64, patch_size: null, head_width: 64 };
  const full = {
    name: 'full',
    seed: 0,
    store: 'file:/store',
    model: {
      embed_dim: 16,
      quick_gelu: false,
      init_logit_scale: 2,
      init_logit_bias: -10,
      vision_cfg: transformer,
      text_cfg: { ...text, ...optional },
    },
    init: { weights: 'w', only: ['image'], sha256: 'a'.repeat(64) },
    tokenizer: { kind: 'clip' },
    data: {
      train: 'd',
      share: 0.5,
      sampling: 'pairs',
      blockPairs: 65_536,
      captionTooLong: 'truncate',
      augmentation: { scale: [0.9, 1], ratio: [0.75, 4 / 3], rotateDegrees: 0, colorJitter: 0, grayscale: 0, flip: 0 },
    },
    batch: 8,
    shards: 2,
    microBatch: 2,
    precision: 'float32',
    gradients: { precision: 'float32' },
    loss: { kind: 'softmax', maskSameCaption: false, maskSameImage: false },
    train: { only: ['image'], freeze: ['visual.proj'] },
    steps: 10,
    optimizer: {
      kind: 'adamw',
      learningRate: 5e-4,
      beta1: 0.9,
      beta2: 0.98,
      epsilon: 1e-6,
      weightDecay: 0.2,
      clipNorm: 1,
    },
    schedule: { kind: 'cosine', warmupSteps: 0 },
    evaluation: {
      everySteps: 5,
      zeroShot: [{ name: 'z', data: 'd', templates: ['a photo of a {}.'], everySteps: 10 }],
      linearProbe: [
        {
          ...{ name: 'l', train: 'd', test: 'd', metric: 'top1', everySteps: 10 },
          ...{ validation: 'd', validationShare: 0.2, seed: 1 },
        },
      ],
      fewShot: [{ name: 'f', train: 'd', test: 'd', metric: 'top1', shots: [1, 2], seeds: 3, everySteps: 10 }],
      retrieval: [{ name: 'r', data: 'd', everySteps: 10 }],
      features: ['d'],
    },
    checkpoint: { everySteps: 500, keep: 3 },
    tensorboard: false,
    priority: 0,
    limits: {
      ...{ leaseMs: 1000, attempts: 8, stragglerFactor: 2, verifyShare: 0 },
      ...{ outageMs: 3_600_000, badSampleShare: 0.05 },
    },
  };
  const download = {
    ...{ name: 'download', store: 'file:/tars' },
    download: {
      ...{ list: 'l', urlColumn: 'u', captionColumn: 'c', groupColumn: 'g', separator: ';', escape: '!', header: true },
      ...{ encoding: 'utf-8', languages: ['en'], shardPictures: 10_000, shortestSide: 256, pixelsMax: 10 },
      ...{ connections: 64, perHost: 4, timeoutMs: 30_000, bytesMax: 2 ** 24, retries: 2, duplicateDistance: 0 },
      ...{ ignoreRobots: false, disallowedDirectives: ['noai'], userAgent: 'a' },
    },
  };
  const queries = {
    ...{ name: 'queries', seed: 0, store: 'file:/counts' },
    queries: {
      ...{ sources: [], pageViews: [], wiki: 'en', lineViewsMin: 50, ignoreCase: false, encoding: 'utf-8' },
    },
  };
  const { init_logit_bias: _, ...unbiased } = full.model;
  const { shards: __, ...unsharded } = full;
  const documents = [
    full,
    {
      ...full,
      model: { ...unbiased, vision_cfg: resNet },
      loss: { kind: 'softmax', labelSmoothing: 0, maskSameCaption: false },
    },
    { ...unsharded, shardSize: 4 },
    { ...full, tokenizer: { kind: 'bpe', vocabulary: 49_408 } },
    { ...full, checkpoint: { keepBest: 'z' } },
    { ...full, data: { ...full.data, train: [{ data: 'd', weight: 1 }] } },
    download,
    queries,
  ];
  /** What is needed beside some values of others, as the page says: exactly one of the first two, the third for eos. */
  const dependent = ['shards', 'shardSize', 'model.text_cfg.eos_id'];
  /** The rows of the table: key and default. */
  const rows = [...runDocumentPage().matchAll(/^\| `([^`]+)` \| .*? \| (?:`(.*?)`|(required|left out)) \|/gm)]
    .map(([, key = '', value, word]) => ({ key: key.replace('[]', '.0'), value, word }))
    .filter(({ key, word }) => word !== 'required' && !dependent.includes(key));

  it.each(rows)('$key', ({ key, value }) => {
    // A key of the same name is required in a Vision Transformer, and a tokenizer without its kind is CLIP's.
    const holding = documents.filter((document) => {
      const given = at(document, key.split('.'));
      const isBest = 'checkpoint' in document && 'keepBest' in document.checkpoint;
      if (key === 'evaluation.zeroShot' && isBest) return false; // It names an evaluation.
      if (key === 'store' && !('steps' in document)) return false; // Of others than trainings it is required.
      return given !== undefined && (value !== 'null' || given === null) && given !== 'bpe';
    });
    expect(holding).not.toEqual([]);
    for (const document of holding) {
      const copy = structuredClone(document);
      const path = key.split('.');
      const last = path.pop()!;
      delete (at(copy, path) as Record<string, unknown>)[last];
      const parsed = parseRunDocument(copy);
      if (value !== undefined)
        expect(JSON.stringify(at(parsed, key.split('.')), fourDigits)).toBe(JSON.stringify(JSON.parse(value)));
    }
  });

  function at(value: unknown, path: readonly string[]): unknown {
    return path.reduce<unknown>((inside, key) => (inside as Record<string, unknown> | undefined)?.[key], value);
  }

  function fourDigits(_key: string, value: unknown): unknown {
    return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
  }
});
