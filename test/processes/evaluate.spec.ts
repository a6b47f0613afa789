// Goal: `tandem evaluate` and `tandem search` measure what they say, of checkpoints, weights of other tools and ONNX
// models, and say what is wrong with what they are given. Method: the commands, on coloured shapes and a model with
// random weights; what they write is read back.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCheckpointAt } from '#inference/checkpoint-model.js';
import { exportModel } from '#inference/export/export-model.js';
import { datasetWriter } from '#data/dataset/dataset-writer.js';
import { openStore } from '#store/open-store.js';
import { exitCodeOf } from '#protocol/exit-code.js';
import { tandem } from '../../apps/cli/src/tandem.js';
import { openTerminal } from '../../apps/cli/src/terminal/terminal.js';
import { startCommand } from '../support/command.js';
import { apiKey, openHome } from '../support/coordinator.js';
import { squareImage } from '../support/models/tiny-clip.js';
import { writeTinyCheckpoint } from '../support/models/tiny-checkpoint.js';
import { writeTinyData } from '../support/models/tiny-data.js';

let folder: string;
let [weights, shapes, store] = ['', '', ''];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-evaluate-'));
  [weights, shapes, store] = [await writeTinyCheckpoint(folder), join(folder, 'shapes'), join(folder, 'store')];
  await writeTinyData(shapes, 5);
});
afterAll(() => rm(folder, { recursive: true }));

interface Ended<Result> {
  readonly code: unknown;
  readonly output: string;
  readonly result: Result;
}

/** The command as command-process.ts runs it, in this process: starting one takes longer than most tests here. */
function run<Result>(...args: string[]): Promise<Ended<Result>> {
  return runIn(store, ...args);
}

async function runIn<Result>(store: string, ...args: string[]): Promise<Ended<Result>> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const environment = { PATH: process.env['PATH'], TANDEM_DEVICE: 'cpu', TANDEM_CACHE: 'off' };
  const streams = { stdout, stderr } as unknown as { stdout: NodeJS.WriteStream; stderr: NodeJS.WriteStream };
  const terminal = openTerminal({ json: true, ...streams, environment });
  const program = await tandem({ terminal, environment, command: (...words) => words.join(' ') }, args[0]);
  let code = 0;
  try {
    const kept = args[0] === 'convert' ? [] : ['--store', store];
    await program.parseAsync(['node', 'tandem', ...args, ...kept, '--json']);
  } catch (error) {
    terminal.fail(error);
    code = exitCodeOf(error);
  }
  const text = String(stdout.read() ?? '');
  return { code, output: text + String(stderr.read() ?? ''), result: JSON.parse(text) as Result };
}

interface Measured {
  readonly model: { readonly gigaflops: number };
  readonly data: { readonly images: number; readonly skipped: readonly { readonly key: string }[] };
  readonly accuracy: { readonly top1: number; readonly classes: number; readonly images: number };
}

describe('tandem evaluate', () => {
  it('zero-shot: writes page, result, tables and picture, the same for any batch and number of threads', async () => {
    const out = join(folder, 'zero-shot');
    const first = await run<Measured>(
      'evaluate',
      'zero-shot',
      shapes,
      '--weights',
      weights,
      '--out',
      out,
      '--batch',
      '7',
    );
    expect(first.result.accuracy).toMatchObject({ images: 100, classes: 20 });
    expect((await readdir(out)).sort()).toEqual(
      ['classes.csv', 'confusion.png', 'confusion.svg', 'predictions.csv', 'report.html', 'result.json'].sort(),
    );
    const stored = JSON.parse(await readFile(join(out, 'result.json'), 'utf8')) as Measured;
    expect(stored.accuracy).toEqual(first.result.accuracy);
    const rows = (await readFile(join(out, 'predictions.csv'), 'utf8')).trim().split('\n');
    const right = rows.slice(1).filter((row) => row.split(',')[2] === '1').length;
    expect(right / 100).toBe(first.result.accuracy.top1);
    const page = await readFile(join(out, 'report.html'), 'utf8');
    expect(page).not.toMatch(/(src|href)="(?!data:|#)|<script/);
    expect((await sharp(join(out, 'confusion.png')).metadata()).width).toBeGreaterThan(1000);

    await rm(join(store, 'features'), { recursive: true });
    const again = await run<Measured>('evaluate', 'zero-shot', shapes, '--weights', weights, '--threads', '1');
    expect(again.result.accuracy).toEqual(first.result.accuracy);
  });

  it('on worker processes: the same features to the bit, and of the run that computed them nothing stays', async () => {
    const blobs = async (from: string): Promise<Map<string, Uint8Array>> => {
      const kept = openStore(from);
      const found = new Map<string, Uint8Array>();
      for await (const key of kept.list('')) if (!key.startsWith('zero-shot/')) found.set(key, await kept.get(key));
      await kept.close();
      return found;
    };
    const [here, onPool] = [join(folder, 'here'), join(folder, 'on-pool')];
    const zeroShot = (...more: string[]): Promise<Ended<Measured>> =>
      runIn(more[0]!, 'evaluate', 'zero-shot', shapes, '--weights', weights, ...more.slice(1));
    const alone = await zeroShot(here);
    const pooled = await zeroShot(onPool, '--workers', '2');
    expect([pooled.code, pooled.output]).toEqual([0, expect.stringContaining('"accuracy"') as string]);
    expect(pooled.result).toEqual(alone.result);
    expect((await blobs(here)).size).toBeGreaterThan(0);
    expect(await blobs(onPool)).toEqual(await blobs(here));
  }, 60_000);

  it('on the workers of a coordinator that runs, which is asked only for what the store lacks', async () => {
    const home = await openHome();
    const settings = { ...home.settings, TANDEM_API_KEY: apiKey };
    const coordinator = await startCommand(['coordinator'], { ...settings, TANDEM_PORT: '0' });
    const worker = await startCommand(['worker'], home.settings);
    try {
      const [, url = ''] = await coordinator.says(/listens on (http\S+),/);
      const pool = ['--url', url, '--api-key', apiKey];
      const query = ['search', shapes, 'a red disc', '--weights', weights];
      const alone = await runIn(join(folder, 'search-here'), ...query);
      const pooled = await runIn(join(folder, 'search-on-pool'), ...query, ...pool);
      expect([pooled.code, pooled.result]).toEqual([0, alone.result]);
      const kept = await runIn(
        join(folder, 'search-here'),
        ...query,
        '--url',
        url,
        '--api-key',
        'another-key-of-the-tests',
      );
      expect([kept.code, kept.result]).toEqual([0, alone.result]); // All is in the store: nobody is asked.
      const fresh = await runIn(join(folder, 'fresh'), ...query, '--url', url, '--api-key', 'another-key-of-the-tests');
      expect([fresh.code, fresh.output]).toEqual([2, expect.stringContaining('API key') as string]);
    } finally {
      await Promise.all([coordinator.close(), worker.close()]);
      await home.close();
    }
  }, 60_000);

  it('linear-probe and few-shot: colours and shapes are learned from the features', async () => {
    const data = ['--train', shapes, '--test', shapes, '--weights', weights];
    const [out, fewOut] = [join(folder, 'probe'), join(folder, 'few')];
    const probe = await run<Measured & { readonly tried: readonly unknown[]; readonly validationImages: number }>(
      'evaluate',
      'linear-probe',
      ...data,
      '--out',
      out,
    );
    expect([probe.result.validationImages, probe.result.accuracy.images]).toEqual([20, 100]);
    expect(probe.result.accuracy.top1).toBeGreaterThan(0.5); // Chance is 0.05; a random tower tells colours apart.

    const few = await run<{
      readonly points: readonly { readonly shots: number; readonly mean: number }[];
      readonly probes: readonly unknown[];
      readonly zeroShot: { readonly score: number; readonly equals: { readonly kind: string } };
    }>('evaluate', 'few-shot', ...data, '--shots', '1,2', '--seeds', '2', '--out', fewOut);
    expect(few.result.points.map(({ shots }) => shots)).toEqual([1, 2]);
    expect(few.result.probes).toHaveLength(4);
    expect(few.result.points[1]!.mean).toBeGreaterThan(few.result.points[0]!.mean);
    expect(few.result.zeroShot.equals.kind).toBe('fewer');
    expect(await readFile(join(fewOut, 'few-shot.svg'), 'utf8')).toContain('<polygon'); // The star.

    const chart = await run<{ readonly models: readonly { readonly name: string; readonly score: number }[] }>(
      'evaluate',
      'compare',
      join(out, 'result.json'),
      `tiny=${weights}`,
      '--data',
      shapes,
      '--published',
      'imagenet-zero-shot',
      '--out',
      join(folder, 'compare'),
    );
    expect(chart.result.models).toHaveLength(2);
    expect(await readFile(join(folder, 'compare', 'compare.svg'), 'utf8')).toContain('ViT-L-14-336');
  });

  it('retrieval: both ways, with two captions an image', async () => {
    const { result } = await run<{
      readonly captions: number;
      readonly sharedCaptions: number;
      readonly imageOfText: { readonly at: Readonly<Record<string, number>> };
    }>('evaluate', 'retrieval', shapes, '--weights', weights, '--out', join(folder, 'retrieval'));
    expect([result.captions, result.sharedCaptions]).toEqual([200, 200]);
    expect(result.imageOfText.at['10']!).toBeGreaterThanOrEqual(result.imageOfText.at['1']!);
  });

  it('an ONNX encoder gives the probe of the model it was exported from', async () => {
    await exportModel(await readCheckpointAt(weights), join(folder, 'onnx'), { type: 'float32', replace: false });
    const file = join(folder, 'onnx', 'onnx', 'vision_model.onnx');
    const data = ['--train', shapes, '--test', shapes];
    // What it exports are embeddings, not the features before them: a probe of fewer features.
    const { result } = await run<Measured>('evaluate', 'linear-probe', ...data, '--onnx', file, '--gflop', '0.01');
    expect(result.accuracy.top1).toBeGreaterThan(0.3);
    expect(result.model.gigaflops).toBe(0.01);

    await rm(join(folder, 'onnx', 'preprocessor_config.json'));
    const refused = await run('evaluate', 'linear-probe', ...data, '--onnx', file);
    expect([refused.code, refused.output]).toEqual([
      2,
      expect.stringMatching(/expected to be told how pixels are normalised/),
    ]);
    const zeroShot = await run('evaluate', 'zero-shot', shapes, '--onnx', file);
    expect(zeroShot.code).toBe(2);
  });

  it.each(['open_clip', 'huggingface'])('weights of %s are worth what the checkpoint is', async (format) => {
    const converted = join(folder, format);
    expect((await run('convert', weights, converted, '--format', format)).code).toBe(0);
    const prompts = ['--template', 'a {object}'];
    const theirs = await run<Measured>('evaluate', 'zero-shot', shapes, '--weights', converted, ...prompts);
    const own = await run<Measured>('evaluate', 'zero-shot', shapes, '--weights', weights, ...prompts);
    expect(theirs.result.accuracy).toEqual(own.result.accuracy);
  });

  it('counts and names images that cannot be read, and goes on', async () => {
    const broken = join(folder, 'broken');
    const writer = datasetWriter(openStore(broken), { name: 'broken', licences: [] });
    for (const colour of ['red', 'blue'])
      await writer.add({
        key: colour,
        image: await squareImage(colour),
        extension: 'png',
        captions: [colour],
        group: colour,
      });
    await writer.add({ key: 'bad', image: new Uint8Array([1, 2, 3]), extension: 'png', captions: ['x'], group: 'red' });
    await writer.finish();
    for (const _ of ['computed', 'from the store']) {
      const { result } = await run<Measured>('evaluate', 'zero-shot', broken, '--weights', weights);
      expect([result.data.images, result.data.skipped.map(({ key }) => key)]).toEqual([2, ['bad']]);
    }
  });

  it('refuses what it cannot measure, with the place and the cure', async () => {
    const one = join(folder, 'one');
    const writer = datasetWriter(openStore(one), { name: 'one', licences: [] });
    await writer.add({ key: 'a', image: await squareImage('red'), extension: 'png', captions: ['a'], group: 'red' });
    await writer.finish();
    const classes = join(folder, 'classes.txt');
    await writeFile(classes, 'red disc\nviolet disc\n');
    const model = ['--weights', weights];
    const cases = [
      [['zero-shot', one, ...model], /at least 2 classes, got 1 \("red"\) in "one"/],
      [
        ['zero-shot', shapes, ...model, '--classes', classes],
        /classes.txt: .*"violet disc" \(line 2\); none for 19 labels/,
      ],
      [['zero-shot', shapes, ...model, '--template', 'a photo'], /a template with {} or {object}.*got "a photo"/],
      [['zero-shot', shapes], /Model: expected one, got none/],
      [['zero-shot', shapes, '--weights', join(folder, 'checkpoints')], /a folder that holds checkpoints/],
      [['linear-probe', '--train', one, '--test', shapes, ...model], /at least 2 classes/],
      [['few-shot', '--train', shapes, '--test', shapes, ...model, '--shots', '4'], /"red disc" has 5/],
      [['linear-probe', '--train', shapes, '--test', one, ...model], /1 other classes in "one": "red"/],
    ] as const;
    for (const [args, message] of cases) {
      const { code, output } = await run('evaluate', ...args);
      expect([code, output]).toEqual([2, expect.stringMatching(message)]);
    }
  });
});

it('tandem search: an image finds itself first, and a text finds as many as asked for', async () => {
  const image = join(folder, 'red.png');
  await writeFile(image, await squareImage('red'));
  const squares = join(folder, 'squares');
  const writer = datasetWriter(openStore(squares), { name: 'squares', licences: [] });
  for (const colour of ['blue', 'red', 'green'])
    await writer.add({
      key: colour,
      image: await squareImage(colour),
      extension: 'png',
      captions: [`a ${colour} square`],
    });
  await writer.finish();
  const out = join(folder, 'search');
  const { result } = await run<{
    readonly queries: readonly { readonly found: readonly { readonly key: string; readonly similarity: number }[] }[];
  }>('search', squares, 'a red square', '--image', image, '--weights', weights, '--count', '2', '--out', out);
  expect(result.queries.map(({ found }) => found.length)).toEqual([2, 2]);
  expect(result.queries[1]!.found[0]).toMatchObject({ key: 'red', similarity: expect.closeTo(1, 5) as number });
  const page = await readFile(join(out, 'report.html'), 'utf8');
  expect(page.match(/<img src="data:image\/webp/g)).toHaveLength(4);
});
