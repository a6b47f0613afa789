// Goal: a run of 100,000 steps is drawn from a choice of them, and a zoom brings all steps of its part. Method: the
// checkpoint of such a run, written as a training writes it, is read by a coordinator that starts after that.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { MetricsPage, RunStatus } from '#protocol/run/run-status.js';
import { writeCheckpoint } from '#store/run/checkpoint.js';
import { jsonLines } from '#store/run/json-lines.js';
import { checkpointBlobs, runKeys } from '#store/run/keys.js';
import { urlOf } from '#store/store-url.js';
import { atOnce } from '#threads/turns.js';
import {
  apiKey,
  openHome,
  runDocument,
  startTestCoordinator,
  type CoordinatorHome,
  type TestCoordinator,
} from '../support/coordinator.js';
import { scriptedMetrics } from '../support/scripted-trainer.js';
import { findChromium } from '../support/servers/chromium.js';
import { launchBrowser, openPage } from './opened-page.js';

const steps = 100_000;
const spike = 43_210;
const chromium = await findChromium();

let home: CoordinatorHome;
let coordinator: TestCoordinator;
let id: string;
beforeAll(async () => {
  home = await openHome();
  const before = await startTestCoordinator(home.settings);
  ({ id } = (await (await before.post('/v1/runs', runDocument({ steps }))).json()) as RunStatus);
  const training = await before.trainer.next();
  training.prepare();
  const metrics = Array.from({ length: steps }, (_, at) => ({
    ...scriptedMetrics,
    step: at + 1,
    loss: at + 1 === spike ? 9 : 1 + 4 * Math.exp(-at / 15_000) + Math.sin(at) / 50,
  }));
  const blobs = { [checkpointBlobs.metrics]: atOnce(jsonLines(metrics)) };
  const folder = await writeCheckpoint(training.store, runKeys(id).checkpoints, { step: steps, epoch: 1 }, blobs);
  training.onEvent({ kind: 'step', metrics: metrics.at(-1)! });
  training.onEvent({ kind: 'checkpoint', url: urlOf(training.store, folder) });
  training.complete();
  await vi.waitFor(async () => {
    expect(await (await before.get(`/v1/runs/${id}`)).json()).toMatchObject({ state: 'completed' });
  });
  await before.close();
  coordinator = await startTestCoordinator(home.settings);
});
afterAll(async () => {
  await coordinator?.close();
  await home?.close();
});

const read = async (query: string): Promise<MetricsPage> =>
  (await (await coordinator.get(`/v1/runs/${id}/metrics?${query}`)).json()) as MetricsPage;

it('the API thins the steps to as many points as are asked for, with the spike, and names the next step', async () => {
  const { metrics, next } = await read('points=2000');
  expect(metrics.length).toBeLessThanOrEqual(2000);
  expect([metrics[0]!.step, metrics.at(-1)!.step, next]).toEqual([1, steps, steps + 1]);
  expect(metrics.find(({ step }) => step === spike)?.loss).toBe(9);
});

it('a range that is short enough comes whole', async () => {
  const { metrics } = await read('from=501&to=600&points=2000');
  expect(metrics.map(({ step }) => step)).toEqual(Array.from({ length: 100 }, (_, at) => 501 + at));
  expect((await read('from=501&limit=3')).metrics.map(({ step }) => step)).toEqual([501, 502, 503]);
  expect((await coordinator.get(`/v1/runs/${id}/metrics?points=3`)).status).toBe(422);
});

describe.skipIf('reason' in chromium)(`in Chromium${'reason' in chromium ? ` (${chromium.reason})` : ''}`, () => {
  let browser: Browser;
  beforeAll(async () => void ('reason' in chromium || (browser = await launchBrowser(chromium.path))));
  afterAll(() => browser?.close());

  it('the page draws the choice, and with a zoom every step in it', async () => {
    const { page, complaints } = await openPage(browser, `${coordinator.url}/#/login/${apiKey}`);
    await page.getByRole('link', { name: /tiny/ }).click();
    await page.getByRole('img', { name: /Chart of loss over steps/ }).waitFor();
    expect(Number(await page.locator('[data-steps]').getAttribute('data-steps'))).toBeLessThanOrEqual(2000);
    const detail = page.waitForResponse((answer) => answer.url().includes('from=43000&to=43400'));
    await page.getByLabel('First step shown').fill('43000');
    await page.keyboard.press('Enter');
    await page.getByLabel('Last step shown').fill('43400');
    await page.keyboard.press('Enter');
    expect(((await (await detail).json()) as MetricsPage).metrics.length).toBe(401);
    expect(complaints).toEqual([]);
  });
});
