// Goal: the report says what happened, loads nothing from elsewhere, and no text of a data set becomes markup.
// Method: a small report with hostile labels is written to a directory, and page and picture are read back.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ZeroShotResult } from '#protocol/run/evaluation-result.js';
import type { RunStatus, StepMetrics } from '#protocol/run/run-status.js';
import { pictureFonts } from '#report/chart/font.js';
import { reportPage } from '#report/page/report-page.js';
import { reportPicture, reportSvg } from '#report/picture/report-picture.js';
import type { Report, Tile } from '#report/report.js';
import { writeReport } from '#report/write-report.js';

const hostile = '<script>alert("1")</script> & \u0007 a label that is much too long to fit into any tile';

let image: Uint8Array;
beforeAll(async () => {
  image = await sharp({ create: { width: 40, height: 20, channels: 3, background: '#d03030' } })
    .webp()
    .toBuffer();
});

describe('report page', () => {
  it('marks each tile as right or wrong, in words and signs', async () => {
    const page = await reportPage(report());
    expect(page.match(/<li class="tile /g)).toHaveLength(5);
    expect(page.match(/<li class="tile right">/g)).toHaveLength(2);
    expect(page).toContain('truth ranked 2nd');
    expect(page.match(/<li class="hit"/g)).toHaveLength(3);
    expect(page.match(/data:image\/webp;base64/g)).toHaveLength(4);
    expect(page).toContain('no image');
  });

  it('shows the last result of each evaluation beside chance', async () => {
    const page = (await reportPage(report())).replaceAll('\u00a0', ' ');
    expect(page).toMatch(/top-1<\/span><span class="value">50.0 %/);
    expect(page).toContain('5.0 × chance of 10.0 %');
    expect(page).toContain('1.8 × chance of 50.0 %');
    expect(page).not.toContain('20.0 %');
  });

  it('draws the accuracy where it was measured more than once, above a line for guessing', async () => {
    const page = await reportPage(report());
    expect(page).toMatch(/>Zero-shot accuracy<[^]*>guessing: 10.0 %</);
    const once = { ...report(), evaluations: [{ heading: 'Circles', note: '', results: [result()] }] };
    expect(await reportPage(once)).not.toContain('Zero-shot accuracy');
  });

  it('escapes every text', async () => {
    const page = await reportPage(report());
    expect(page).not.toContain('<script');
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp;  a label');
  });

  it('loads nothing from anywhere', async () => {
    const page = await reportPage(report());
    const loaded = [...page.matchAll(/(?:src|href|url)\s*[=(]\s*["']?([^"')\s>]+)/g)].map((match) => match[1] ?? '');
    const elsewhere = loaded.filter((target) => !target.startsWith('data:'));
    expect(elsewhere).toEqual(['https://example.org/licence']);
    expect(page).toContain('<a href="https://example.org/licence">');
    expect(page).not.toContain('href="javascript');
    expect(page).not.toMatch(/@import|<link|<iframe/);
  });

  it('shows a run that failed before its first step', async () => {
    const error = { code: 'NON_FINITE', message: 'The loss is NaN at step 1.', help: 'Lower the learning rate.' };
    const failed = {
      ...report(),
      metrics: [],
      evaluations: [],
      galleries: [],
      run: { ...run(), state: 'failed' as const, step: 0, error, derived: null },
    };
    const page = await reportPage(failed);
    expect(page).toContain('The loss is NaN at step 1.');
    expect(page).toContain('Lower the learning rate.');
    expect(page.match(/No steps to show/g)).toHaveLength(4);
    expect((await sharp(await reportPicture(failed)).metadata()).width).toBe(2400);
  });
});

describe('report picture', () => {
  it('is a PNG 2400 pixels wide that grows by one row per three tiles', async () => {
    const heightOf = async (tiles: number): Promise<number> => {
      const { width, height, format } = await sharp(
        await reportPicture({ ...report(), galleries: [gallery(tiles)] }),
      ).metadata();
      expect([width, format]).toEqual([2400, 'png']);
      return height;
    };
    const heights = [await heightOf(3), await heightOf(4), await heightOf(6), await heightOf(7)];
    expect(heights[1]).toBe(heights[2]);
    expect(heights[1]! - heights[0]!).toBe(heights[3]! - heights[2]!);
    expect(heights[1]! - heights[0]!).toBeGreaterThan(200);
  });

  it('draws the images: the tile has the colour of its image', async () => {
    const pixels = await sharp(await reportPicture(report()))
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    let red = 0;
    for (let at = 0; at < pixels.data.length; at += 3) {
      if (Math.abs(pixels.data[at]! - 0xd0) < 6 && Math.abs(pixels.data[at + 1]! - 0x30) < 6) red += 1;
    }
    // Four readable images of 80 by 40 units at zoom 2.
    expect(red).toBeGreaterThan(4 * 80 * 40 * 4 * 0.9);
    expect(red).toBeLessThan(4 * 80 * 40 * 4 * 1.1);
  });

  it('cuts long labels short and escapes them', async () => {
    const svg = await reportSvg(report(), pictureFonts());
    expect(svg).not.toContain('<script');
    expect(svg).toMatch(/&lt;script&gt;alert[^<]*…<\/text>/);
    expect(svg).not.toContain('too long to fit');
  });

  it('is the same bytes each time', async () => {
    expect(Buffer.compare(await reportPicture(report()), await reportPicture(report()))).toBe(0);
  });
});

describe('writeReport', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tandem-report-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('makes the directory and writes both files', async () => {
    const { page, picture } = await writeReport(join(directory, 'new', 'folder'), report());
    expect(await readFile(page, 'utf8')).toBe(await reportPage(report()));
    expect((await sharp(picture).metadata()).format).toBe('png');
  });
});

function report(): Report {
  return {
    title: 'Shapes <CLIP>',
    summary: 'Trained on squares, asked for circles.',
    run: run(),
    metrics: Array.from({ length: 100 }, (_, index) => metricsOf(index + 1)),
    evaluations: [
      { heading: 'Circles', note: 'Never seen.', results: [{ ...result(), step: 50, top1: 0.2, top5: 0.6 }, result()] },
    ],
    galleries: [gallery(5)],
    environment: [{ name: 'CPU', value: hostile }],
    licences: [
      { source: 'Shapes', licence: 'CC0', url: 'https://example.org/licence' },
      { source: 'Bad', licence: 'none', url: 'javascript:alert(1)' },
    ],
  };
}

/** The first `tiles` of: two right, one ranked second, one missed, one whose bytes are no image, two more missed. */
function gallery(tiles: number): Report['galleries'][number] {
  const guess = (label: string, probability: number) => ({ label, probability });
  const missed: Tile = {
    key: 'd',
    image,
    truth: 'lost',
    rank: 7,
    best: [guess('a', 0.4), guess('b', 0.3), guess('c', 0.1), guess('lost', 0.05)],
  };
  const all: Tile[] = [
    { key: 'a', image, truth: hostile, rank: 1, best: [guess(hostile, 0.9), guess('b', 0.05), guess('c', 0.001)] },
    { key: 'b', image, truth: 'circle', rank: 1, best: [guess('circle', 1), guess('b', 0), guess('c', 0)] },
    { key: 'c', image, truth: 'disc', rank: 2, best: [guess('circle', 0.5), guess('disc', 0.4), guess('c', 0.1)] },
    missed,
    { ...missed, key: 'e', image: new TextEncoder().encode('not an image') },
    missed,
    missed,
  ];
  return { heading: 'Circles', note: 'All of them.', tiles: all.slice(0, tiles) };
}

function result(): ZeroShotResult {
  return { kind: 'zero-shot', name: 'circles', step: 100, classes: 10, images: 40, top1: 0.5, top5: 0.9, chance: 0.1 };
}

function metricsOf(step: number): StepMetrics {
  return {
    step,
    loss: 4 / step,
    accuracy: step / 200,
    logitScale: 14 + step / 50,
    learningRate: 1e-3 / step,
    gradientNorm: 1,
    pairsPerSecond: 100,
    encodeMs: 40,
    lossMs: 2,
    backpropMs: 50,
    updateMs: 5,
    stepMs: 100,
    loadMs: 1,
    bytesIn: 1000,
    bytesOut: 2000,
    workers: step < 50 ? 1 : 2,
    retries: 0,
    skipped: 0,
  };
}

function run(): RunStatus {
  return {
    id: 'shapes-1',
    name: 'shapes',
    state: 'completed',
    reason: '',
    error: null,
    createdAt: '2025-01-01T00:00:00Z',
    startedAt: '2025-01-01T00:00:01Z',
    endedAt: '2025-01-01T00:00:11Z',
    step: 100,
    steps: 100,
    etaSeconds: 0,
    last: metricsOf(100),
    derived: {
      parameters: 12_345,
      trainPairs: 400,
      shards: 2,
      shardSizes: [5, 5],
      microBatch: 5,
      stepsPerEpoch: 40,
      epochs: 2.5,
      embeddingBytesPerStep: 1,
      gradientBytesPerShard: 1,
      parameterBytes: 49_380,
    },
    evaluations: [result()],
    checkpoint: null,
    best: null,
    skippedSamples: 0,
    stepsChanges: [],
    store: 'file:/runs',
    idempotencyKey: null,
    config: { name: 'shapes', note: hostile },
  };
}
