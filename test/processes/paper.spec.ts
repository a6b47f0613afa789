// Goal: the walk of `npm run paper` in little: corpus → queries → curate → train → zero-shot, few-shot, linear probe,
// retrieval → compare, and a page with three figures. Method: the walk itself, as a process, with every sixteenth emoji
// and trainings of a few steps. What a full walk reaches is not tested here but measured.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PaperResult } from '../../apps/cli/src/paper/paper-page.js';

const entry = fileURLToPath(new URL('../../apps/cli/src/paper/main.js', import.meta.url));
let folder: string;
let out: string;
let result: PaperResult;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-paper-'));
  out = join(folder, 'out');
  const little = ['--every', '16', '--per-query', '30', '--steps', '3', '--batch', '8', '--shares', '1/2,1'];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [entry, '--out', out, ...little, '--workers', '1', '--json'],
    {
      // The program of a model is compiled once for all its trainings.
      env: { PATH: process.env['PATH'], TANDEM_DEVICE: 'cpu', TANDEM_CACHE: join(folder, 'cache') },
      maxBuffer: 2 ** 26,
    },
  );
  result = JSON.parse(stdout) as PaperResult;
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

it('goes from the corpus to curated pairs, and trains three sizes on them', () => {
  expect(result.queries).toBeGreaterThan(100);
  expect(result.curatedPairs).toBeGreaterThan(100);
  expect(result.curatedPairs).toBeLessThan(result.pairs);
  expect(result.compare.models.map(({ name }) => name)).toEqual(['small', 'medium', 'large']);
  expect(result.scaling.points.map(({ share }) => share)).toEqual([0.5, 1]);
  expect(result.scaling.points[1]!.pairs).toBe(result.curatedPairs);
  expect(result.scaling.points[0]!.pairs).toBeLessThan(result.curatedPairs);
  expect(result.scaling.evaluation).toBe('names in the held-out style');
});

it('judges the medium one in four ways, on the checkpoint that the curve ends with', () => {
  const { zeroShot, fewShot, probes, retrieval } = result;
  expect(zeroShot.accuracy.classes).toBe(9);
  expect(fewShot.zeroShot!.score).toBe(zeroShot.accuracy.top1);
  expect(fewShot.points.map(({ shots }) => shots)).toEqual([1, 2]);
  expect(probes.map(({ model }) => model.name)).toEqual(['small', 'medium', 'large']);
  expect(retrieval.captions).toBeGreaterThan(zeroShot.accuracy.images);
});

it('ends with a page of three figures, each as a picture and a table too', async () => {
  const page = await readFile(join(out, 'report.html'), 'utf8');
  expect(page).not.toMatch(/(src|href)="(?!data:|#|https:)|<script/);
  expect(page).toContain('<polygon'); // The star.
  for (const title of ['Few-shot linear probe and zero-shot', 'Accuracy against compute', 'Accuracy against data'])
    expect(page).toContain(title);
  for (const name of ['few-shot', 'compare', 'scaling']) {
    expect((await sharp(join(out, `${name}.png`)).metadata()).width).toBeGreaterThan(1000);
    expect((await readFile(join(out, `${name}.csv`), 'utf8')).split('\n').length).toBeGreaterThan(2);
  }
  expect(JSON.parse(await readFile(join(out, 'result.json'), 'utf8'))).toEqual(result);
});
