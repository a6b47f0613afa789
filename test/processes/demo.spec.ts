// Goal: all parts of the demo work together. Method: a shortened demo, as a process, with the real packages. What a
// full training reaches is not tested here but measured.
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { startCommand, type RunningCommand } from '../support/command.js';

const share = z.number().min(0).max(1);
const resultSchema = z.strictObject({
  classes: z.int().min(1000),
  heldOut: z.strictObject({ top1: share, top5: share }),
  seen: z.strictObject({ top1: share, top5: share }),
  chance: share,
  steps: z.literal(20),
  batch: z.int().min(256),
  shards: z.int().min(4),
  workers: z.literal(2),
  pairsPerSecond: z.number().positive(),
  trainSeconds: z.number().positive(),
  totalSeconds: z.number().positive(),
});

const minutes = 60_000;
let folder: string;
let demo: RunningCommand;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-demo-'));
  demo = await startCommand(['demo', '--steps', '20', '--json', '--out', folder]);
  await demo.exit;
}, 10 * minutes);
afterAll(async () => {
  await demo?.close();
  await rm(folder, { recursive: true, force: true });
});

it('prints its result as JSON, the same as in result.json', async () => {
  expect(await demo.exit, demo.output()).toBe(0);
  const result = resultSchema.parse(JSON.parse(demo.stdout()));
  expect(JSON.parse(await readFile(join(folder, 'result.json'), 'utf8'))).toEqual(result);
  expect(result.chance).toBeCloseTo(1 / result.classes, 9);
  expect(result.heldOut.top5).toBeGreaterThanOrEqual(result.heldOut.top1);
  expect(result.totalSeconds).toBeGreaterThan(result.trainSeconds);
  // Both numbers are rounded to a tenth.
  expect(result.pairsPerSecond / ((result.steps * result.batch) / result.trainSeconds)).toBeCloseTo(1, 1);
});

it('writes a report, which searches by itself and has a curve of the accuracy, and its picture', async () => {
  const page = await readFile(join(folder, 'report.html'), 'utf8');
  expect(page.match(/<li class="tile /g)?.length).toBeGreaterThanOrEqual(9);
  expect(page).toContain('OpenMoji');
  expect(page).toContain('Zero-shot accuracy');
  expect(page.match(/data:image\/svg\+xml,/g)?.length).toBeGreaterThan(1000);
  expect(page.length).toBeLessThan(15e6);
  expect((await stat(join(folder, 'report.png'))).size).toBeGreaterThan(50_000);
});

it('keeps a checkpoint that predicts, and nothing else of the run', async () => {
  const args = [
    'predict',
    '--checkpoint',
    join(folder, 'out', 'checkpoint'),
    '--image',
    join(folder, 'out', 'example.png'),
    '--labels',
    'cat face,dog face,pizza',
    '--json',
  ];
  const predict = await startCommand(args);
  expect(await predict.exit, predict.output()).toBe(0);
  const { predictions, step } = JSON.parse(predict.stdout()) as {
    readonly predictions: readonly { readonly probability: number }[];
    readonly step: number;
  };
  await predict.close();
  expect(step).toBe(20);
  expect(predictions.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6);
  await expect(stat(join(folder, 'out', 'store'))).rejects.toMatchObject({ code: 'ENOENT' });
  await vi.waitFor(async () => expect(await demo.leftBehind()).toEqual([]), { timeout: 20_000, interval: 50 });
});
