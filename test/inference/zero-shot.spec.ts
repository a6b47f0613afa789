// Goal: zero-shot classification computes what CLIP §3.1 says, embeds each text once, and breaks ties by class index.
// Method: a tiny random model with real towers; every number is compared with a plain computation in tfjs ops.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset, type Dataset } from '#data/dataset/dataset.js';
import { datasetWriter } from '#data/dataset/dataset-writer.js';
import { evaluationImage } from '#data/image/evaluation-image.js';
import type { Device } from '#engine/device.js';
import { openTfjsDevice } from '#engine/run/tfjs/tfjs-device.js';
import { openOrtDevice } from '#engine/run/onnxruntime/ort-device.js';
import { openClipModel, type ClipModel } from '#inference/clip-model.js';
import { predict } from '#inference/predict.js';
import { drawPredictions, predictionGallery } from '#inference/prediction-gallery.js';
import { cacheKey, openZeroShotClassifier } from '#inference/zero-shot-classifier.js';
import { evaluateZeroShot } from '#inference/zero-shot-evaluation.js';
import { encodeImage, encodeText } from '#model/clip.js';
import { initialParameters } from '#model/parameters/initialise.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import { openStore } from '#store/open-store.js';
import type { Store } from '#store/store.js';
import { squareImage, tinyClipConfig as config, tinyTokenizer } from '../support/models/tiny-clip.js';

const parameters = initialParameters(config, 7);
const tokenizer = tinyTokenizer();
const templates = ['a photo of a {}.', 'a drawing of a {}.', '{}'];
const colours = ['red', 'green', 'blue', 'white', 'gold', 'navy', 'pink'];
const labels = colours.map((colour) => `${colour} square`);

let directory: string;
let device: Device;
let model: ClipModel;
let dataset: Dataset;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tandem-zero-shot-'));
  device = await openTfjsDevice();
  model = await openClipModel({ config, parameters, tokenizer, device, batch: 4 });
  dataset = await writeDataset('squares', true);
});

afterAll(async () => {
  await model.close();
  await device.close();
  await rm(directory, { recursive: true });
});

describe('clip model', () => {
  it('gives the embeddings of the towers, for any batch size and with repeated texts', async () => {
    const texts = ['red square', 'blue square', 'red square', 'a photo', 'red square', 'x'];
    const expected = embedTextsPlainly(texts);
    for (const batch of [1, 3, 64]) {
      const other = await openClipModel({ config, parameters, tokenizer, device, batch });
      expectClose(await other.embedTexts(texts), expected);
      expect(other.version).toBe(model.version);
      await other.close();
    }
  });

  it('embeds each distinct text once', async () => {
    let rows = 0;
    const counting: Device = {
      ...device,
      async compile(fn, inputs) {
        const executable = await device.compile(fn, inputs);
        return {
          ...executable,
          run(feeds, into) {
            rows += feeds['tokens']?.shape[0] ?? 0;
            return executable.run(feeds, into);
          },
        };
      },
    };
    const counted = await openClipModel({ config, parameters, tokenizer, device: counting, batch: 2 });
    await counted.embedTexts(['a', 'b', 'a', 'a', 'b', 'a']);
    expect(rows).toBe(2);
    expect(await counted.embedTexts([])).toEqual(new Float32Array());
    expect(rows).toBe(2);
  });

  it('has a version that depends on parameters and config', async () => {
    const changed = { ...parameters, logit_scale: Float32Array.of(1) };
    const versions = [model.version];
    versions.push((await openClipModel({ config, parameters: changed, tokenizer, device })).version);
    versions.push(
      (await openClipModel({ config: { ...config, quick_gelu: true }, parameters, tokenizer, device })).version,
    );
    expect(new Set(versions).size).toBe(3);
    expect(model.logitScale).toBeCloseTo(1 / 0.07, 4);
  });

  it('refuses parameters of another model, naming each, and another vocabulary', async () => {
    const { 'visual.proj': gone, ...rest } = parameters;
    const wrong = { ...rest, text_projection: new Float32Array(3) };
    expect(gone).toBeDefined();
    await expect(openClipModel({ config, parameters: wrong, tokenizer, device })).rejects.toThrow(
      'visual.proj is missing; text_projection: expected 192 values, got 3',
    );
    const larger = { ...config, text_cfg: { ...config.text_cfg, vocab_size: 541 } };
    const grown = initialParameters(larger, 0);
    await expect(openClipModel({ config: larger, parameters: grown, tokenizer, device })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('gives the same embeddings compiled as with one operation at a time', async () => {
    const compiled = openOrtDevice({ kind: 'cpu', threads: 1 });
    try {
      const other = await openClipModel({ config, parameters, tokenizer, device: compiled, batch: 4 });
      const pixels = await evaluationImage(await squareImage('red'), 16);
      expectClose(await other.embedImages(pixels), await model.embedImages(pixels), 1e-5);
      expectClose(await other.embedTexts(labels), await model.embedTexts(labels), 1e-5);
      await other.close();
    } finally {
      await compiled.close();
    }
  });
});

describe('zero-shot classifier', () => {
  it('has class embeddings normalise(mean over templates of normalise(f))', async () => {
    const classifier = await openZeroShotClassifier(model, { classes: labels, templates });
    const images = embedTextsPlainly(['anything', 'of unit length']);
    const expected = tf.tidy(() => {
      const filled = labels.flatMap((label) => templates.map((template) => template.replace('{}', label)));
      const embedded = tf.tensor(embedTextsPlainly(filled), [labels.length, templates.length, config.embed_dim]);
      const mean = tf.mean(embedded, 1); // [C, d]
      const weights = tf.div(mean, tf.norm(mean, 2, 1, true));
      return tf
        .mul(tf.matMul(tf.tensor2d(images, [2, config.embed_dim]), weights, false, true), model.logitScale)
        .dataSync();
    });
    expectClose(await classifier.logits(images), expected as Float32Array, 1e-4);
  });

  it('embeds texts once and finds them in the cache afterwards, bit for bit', async () => {
    const cache = openStore(join(directory, 'cache-hit'));
    const counted = countTexts(model);
    const first = await openZeroShotClassifier(counted, { classes: labels, templates, cache });
    const second = await openZeroShotClassifier(counted, { classes: labels, templates, cache });
    expect([first.cached, second.cached]).toEqual([false, true]);
    expect(counted.texts()).toBe(labels.length * templates.length);
    const images = embedTextsPlainly(['x']);
    expect(await second.logits(images)).toEqual(await first.logits(images));
  });

  it('misses the cache when model, tokenizer, templates, classes or their order differ', async () => {
    const otherTokenizer = { ...model, tokenizer: { ...tokenizer, hash: 'other' } };
    const keys = [
      cacheKey(model, labels, templates),
      cacheKey({ ...model, version: 'other' }, labels, templates),
      cacheKey(otherTokenizer, labels, templates),
      cacheKey(model, [...labels].reverse(), templates),
      cacheKey(model, labels, [...templates].reverse()),
      cacheKey(model, labels.slice(1), templates),
      cacheKey(model, [labels.join()], templates),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('computes damaged cache entries again', async () => {
    const cache = openStore(join(directory, 'cache-damaged'));
    const key = cacheKey(model, labels, templates);
    for (const damage of [new TextEncoder().encode('no safetensors'), new Uint8Array()]) {
      await cache.put(key, damage);
      expect((await openZeroShotClassifier(model, { classes: labels, templates, cache })).cached).toBe(false);
      expect((await openZeroShotClassifier(model, { classes: labels, templates, cache })).cached).toBe(true);
    }
  });

  it('keeps the order of its classes', async () => {
    const images = embedTextsPlainly(['x']);
    const forward = await (await openZeroShotClassifier(model, { classes: labels, templates })).logits(images);
    const backward = await (
      await openZeroShotClassifier(model, { classes: [...labels].reverse(), templates })
    ).logits(images);
    expect(backward).toEqual(forward.toReversed());
  });

  it('refuses templates without {} and labels that repeat', async () => {
    await expect(openZeroShotClassifier(model, { classes: labels, templates: ['a photo'] })).rejects.toThrow(
      'got "a photo"',
    );
    await expect(openZeroShotClassifier(model, { classes: labels, templates: [] })).rejects.toThrow(
      'at least one template',
    );
    await expect(openZeroShotClassifier(model, { classes: ['a', 'b', 'a'], templates })).rejects.toThrow(
      'got "a" twice',
    );
    await expect(openZeroShotClassifier(model, { classes: [], templates })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('N1 says so where embeddings are not finite', async () => {
    const broken = await openClipModel({
      config,
      parameters: { ...parameters, text_projection: new Float32Array(192).fill(Number.NaN) },
      tokenizer,
      device,
    });
    await expect(openZeroShotClassifier(broken, { classes: labels, templates })).rejects.toMatchObject({
      code: 'NON_FINITE',
    });
  });
});

describe('zero-shot evaluation', () => {
  it('classifies every image among all groups, with the accuracies that plain arithmetic gives', async () => {
    const { result, predictions, skipped } = await evaluateZeroShot(model, dataset, {
      name: 'squares',
      templates,
      step: 12,
    });
    const classifier = await openZeroShotClassifier(model, { classes: labels, templates });
    const ranks: number[] = [];
    for (const [index, colour] of colours.entries()) {
      const image = embedImagePlainly(await evaluationImage(await squareImage(colour), 16));
      const logits = [...(await classifier.logits(image))];
      ranks.push(1 + logits.filter((logit) => logit > logits[index]!).length);
    }
    expect(predictions.map(({ rank }) => rank)).toEqual(ranks);
    expect(predictions.map(({ truth }) => truth)).toEqual(labels);
    expect(predictions.map(({ key, index }) => [key, index])).toEqual(
      colours.map((key, index) => [key, index < 3 ? index : index + 1]),
    );
    expect(skipped).toEqual([{ key: 'broken', reason: expect.stringContaining('Unreadable image') as string }]);
    const within = (k: number): number => ranks.filter((rank) => rank <= k).length / 7;
    expect(result).toEqual({
      kind: 'zero-shot',
      name: 'squares',
      step: 12,
      classes: 7,
      images: 7,
      top1: within(1),
      top5: within(5),
      chance: 1 / 7,
    });
    // With 7 classes and a random model neither is trivial.
    expect(result.top5).toBeGreaterThan(result.top1);
    for (const { best, rank, truth } of predictions) {
      expect(best).toHaveLength(5);
      expect(best.findIndex(({ label }) => label === truth)).toBe(rank <= 5 ? rank - 1 : -1);
      expect(best.map(({ probability }) => probability)).toEqual(
        best.map(({ probability }) => probability).sort((a, b) => b - a),
      );
    }
  });

  it('does not depend on the batch, and uses the cache', async () => {
    const cache = openStore(join(directory, 'cache-evaluation'));
    const options = { name: 'squares', templates, step: 0, cache };
    const whole = await openClipModel({ config, parameters, tokenizer, device, batch: 64 });
    const one = await evaluateZeroShot(model, dataset, options);
    const other = await evaluateZeroShot(whole, dataset, options);
    expect([one.cached, other.cached]).toEqual([false, true]);
    expect(other.result).toEqual(one.result);
    expect(other.predictions.map(({ best }) => best.map(({ label }) => label))).toEqual(
      one.predictions.map(({ best }) => best.map(({ label }) => label)),
    );
  });

  it('gives ties to the lower class', async () => {
    // Both projections zero but for one entry: all texts have one embedding, so all classes tie.
    const flat = {
      ...parameters,
      text_projection: new Float32Array(192),
      'ln_final.weight': new Float32Array(16),
      'ln_final.bias': new Float32Array(16).fill(1),
    };
    flat.text_projection[0] = 1;
    const tied = await openClipModel({ config, parameters: flat, tokenizer, device });
    const { predictions, result } = await evaluateZeroShot(tied, dataset, { name: 'ties', templates, step: 0 });
    expect(predictions.map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(predictions[6]?.best.map(({ label }) => label)).toEqual(labels.slice(0, 5));
    expect([result.top1, result.top5]).toEqual([1 / 7, 5 / 7]);
  });

  it('refuses a data set without groups, and stops when told to', async () => {
    const plain = await writeDataset('plain', false);
    await expect(evaluateZeroShot(model, plain, { name: 'plain', templates, step: 0 })).rejects.toMatchObject({
      code: 'DATA_INVALID',
    });
    const signal = AbortSignal.abort(new Error('stopped by the test'));
    await expect(evaluateZeroShot(model, dataset, { name: 'squares', templates, step: 0, signal })).rejects.toThrow(
      'stopped by the test',
    );
  });

  it('draws a gallery by seed, right ones first, with the images', async () => {
    const evaluation = await evaluateZeroShot(model, dataset, { name: 'squares', templates, step: 0 });
    const rights = evaluation.predictions.filter(({ rank }) => rank === 1).length;
    const gallery = await predictionGallery(dataset, evaluation, { heading: 'Squares', right: 10, wrong: 2, seed: 1 });
    expect(gallery.tiles.map(({ rank }) => rank === 1)).toEqual([...Array<boolean>(rights).fill(true), false, false]);
    expect(gallery.note).toContain(`${rights} it got right and 2 it got wrong`);
    for (const tile of gallery.tiles) expect(Buffer.compare(tile.image, await squareImage(tile.key))).toBe(0);
    const draws = [1, 1, 2, 3, 4].map((seed) =>
      drawPredictions(evaluation.predictions, { right: 0, wrong: 3, seed })
        .wrong.map(({ key }) => key)
        .join(),
    );
    expect(draws[0]).toBe(draws[1]);
    expect(new Set(draws).size).toBeGreaterThan(1);
  });
});

describe('predict', () => {
  it('is the softmax of s·cos over the labels, most probable first', async () => {
    const image = await squareImage('gold');
    const predicted = await predict(model, image, labels, { templates: ['a drawing of a {}.'] });
    const pixels = embedImagePlainly(await evaluationImage(image, 16));
    const probabilities = tf.tidy(() => {
      const texts = tf.tensor2d(embedTextsPlainly(labels.map((label) => `a drawing of a ${label}.`)), [
        7,
        config.embed_dim,
      ]);
      const cosines = tf.matMul(texts, tf.tensor2d(pixels, [config.embed_dim, 1])).flatten(); // [C]
      return tf.softmax(tf.mul(cosines, model.logitScale)).dataSync();
    });
    const sorted = labels
      .map((label, index) => ({ label, probability: probabilities[index]! }))
      .sort((a, b) => b.probability - a.probability);
    expect(predicted.map(({ label }) => label)).toEqual(sorted.map(({ label }) => label));
    predicted.forEach(({ probability }, place) => expect(probability).toBeCloseTo(sorted[place]!.probability, 4));
    expect(predicted.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
  });

  it('refuses bytes that are no image', async () => {
    await expect(predict(model, new TextEncoder().encode('text'), labels)).rejects.toMatchObject({
      code: 'DATA_INVALID',
    });
  });
});

/** One square a colour, and after the third a file that is no image; each its own class unless without groups. */
async function writeDataset(name: string, grouped: boolean): Promise<Dataset> {
  const store: Store = openStore(join(directory, name));
  const writer = datasetWriter(store, { name, licences: [] });
  const classOf = (label: string): { group?: string } => (grouped ? { group: label } : {});
  for (const [index, colour] of colours.entries()) {
    const label = labels[index]!;
    await writer.add({
      key: colour,
      image: await squareImage(colour),
      extension: 'png',
      captions: [label],
      ...classOf(label),
    });
    if (index === 2)
      await writer.add({
        key: 'broken',
        image: new Uint8Array([1, 2, 3]),
        extension: 'png',
        captions: [label],
        ...classOf(label),
      });
  }
  await writer.finish();
  return openDataset(store);
}

function embedTextsPlainly(texts: readonly string[]): Float32Array {
  return tf.tidy(() => {
    const rows = texts.map((text) => [...tokenizer.tokens(text, config.text_cfg.context_length, 'truncate')]);
    return encodeText(config, tensors(), tf.tensor2d(rows, undefined, 'int32')).dataSync() as Float32Array;
  });
}

function embedImagePlainly(pixels: Float32Array): Float32Array {
  return tf.tidy(
    () =>
      encodeImage(config, tensors(), tf.tensor4d(pixels, [1, 16, 16, 3]), {
        kind: 'running',
      }).dataSync() as Float32Array,
  );
}

function tensors(): Record<string, tf.Tensor> {
  return Object.fromEntries(
    parameterSpecs(config).map(({ name, shape }) => [name, tf.tensor(parameters[name]!, [...shape])]),
  );
}

function countTexts(counted: ClipModel): ClipModel & { texts(): number } {
  let count = 0;
  return {
    ...counted,
    texts: () => count,
    embedTexts(texts) {
      count += texts.length;
      return counted.embedTexts(texts);
    },
  };
}

function expectClose(actual: Float32Array, expected: Float32Array, tolerance = 1e-6): void {
  expect(actual.length).toBe(expected.length);
  const worst = actual.reduce((most, value, index) => Math.max(most, Math.abs(value - expected[index]!)), 0);
  expect(worst).toBeLessThan(tolerance);
}
