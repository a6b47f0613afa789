// Goal: every step and evaluation of a run is in one of its event files, once, whatever happens between. Method: the
// events of a run that is taken over, a real directory, and the bytes of the files expected.
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventFile } from '#metrics/tensorboard/event-file.js';
import type { StepMetrics } from '#protocol/run/run-status.js';
import { openStore } from '#store/open-store.js';
import type { Store } from '#store/store.js';
import { openEventFiles, type EventFiles } from './event-files.js';

let folder: string;
let store: Store;
let nowMs: number;
let troubles: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-event-files-'));
  store = openStore(folder);
  nowMs = 1_700_000_000_000;
  troubles = [];
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const open = (epoch: number, on = store): EventFiles =>
  openEventFiles({
    store: on,
    run: 'r',
    epoch,
    nowMs: () => nowMs,
    onTrouble: (message) => void troubles.push(message),
  });
const metricsOf = (step: number): StepMetrics => ({
  ...{ step, loss: 5 / step, accuracy: 0.5, logitScale: 14, learningRate: 1e-3, gradientNorm: 2, pairsPerSecond: 9 },
  ...{ encodeMs: 100, lossMs: 10, backpropMs: 200, updateMs: 20, stepMs: 330, loadMs: 1 },
  ...{ bytesIn: 1, bytesOut: 1, workers: 2, retries: 0, skipped: 0 },
});
const eventOf = (step: number, wallTime: number) => ({
  wallTime,
  step,
  scalars: {
    ...{ 'train/loss': 5 / step, 'train/accuracy': 0.5, 'train/logit_scale': 14, 'train/learning_rate': 1e-3 },
    ...{ 'train/gradient_norm': 2, 'pool/pairs_per_second': 9, 'pool/workers': 2, 'pool/retries': 0 },
    ...{ 'seconds/encode': 0.1, 'seconds/loss': 0.01, 'seconds/backprop': 0.2, 'seconds/update': 0.02 },
    ...{ 'seconds/step': 0.33, 'seconds/load': 0.001 },
  },
});
const files = async (): Promise<string[]> => (await readdir(join(folder, 'runs/r/tensorboard'))).toSorted();
const bytesOf = (name: string): Promise<Buffer> => readFile(join(folder, 'runs/r/tensorboard', name));

it('a run that is taken over goes on in files of the next leader, without a step twice', async () => {
  const first = open(1);
  first.onEvent({ kind: 'step', metrics: metricsOf(1) });
  nowMs += 30_000;
  first.onEvent({ kind: 'step', metrics: metricsOf(2) });
  await first.close();
  const second = open(2);
  second.onEvent({ kind: 'restored', metrics: [1, 2, 3].map(metricsOf), losses: [] });
  second.onEvent({
    kind: 'evaluation',
    result: { kind: 'zero-shot', name: 'seen', step: 3, images: 9, classes: 3, top1: 0.5, top5: 1, chance: 1 / 3 },
  });
  await second.close();
  const names = await files();
  expect(names).toEqual([
    'events.out.tfevents.000000001.000000000.000000002.tandem',
    'events.out.tfevents.000000002.000000000.000000003.tandem',
  ]);
  expect(await bytesOf(names[0]!)).toEqual(eventFile([eventOf(1, 1_700_000_000), eventOf(2, 1_700_000_030)]));
  const scalars = { 'evaluation/seen/top1': 0.5, 'evaluation/seen/top5': 1 };
  expect(await bytesOf(names[1]!)).toEqual(
    eventFile([eventOf(3, 1_700_000_030), { wallTime: 1_700_000_030, step: 3, scalars }]),
  );
});

it('what could not be written is in the next file', async () => {
  let isFull = true;
  const full: Store = {
    ...store,
    put: (key, bytes) => (isFull ? Promise.reject(new Error('no space left')) : store.put(key, bytes)),
  };
  const written = open(1, full);
  nowMs += 30_000;
  written.onEvent({ kind: 'step', metrics: metricsOf(1) });
  await expect.poll(() => troubles).toEqual(['no space left']);
  isFull = false;
  await written.close();
  expect(await bytesOf((await files())[0]!)).toEqual(eventFile([eventOf(1, 1_700_000_030)]));
});
