// Goal: a person can submit, watch, pause, resume and cancel a run in a browser, and try its model; a lost connection
// leaves no gap. Method: Chromium against a real cluster: Redis, a coordinator and two workers, each a process.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { startLocalCluster, type LocalCluster } from '#cluster/local-cluster.js';
import { openDataset } from '#data/dataset/dataset.js';
import { openDevice } from '#engine/run/open-device.js';
import { openCheckpointAt } from '#inference/checkpoint-model.js';
import { predict } from '#inference/predict.js';
import { percent } from '#report/figures.js';
import { openStore } from '#store/open-store.js';
import { writeTinyData } from '../support/models/tiny-data.js';
import { tinyDocument } from '../support/models/tiny-run.js';
import { findChromium } from '../support/servers/chromium.js';
import { startFaultyProxy } from '../support/servers/faulty-proxy.js';
import { launchBrowser, openPage, type OpenedPage } from './opened-page.js';

const chromium = await findChromium();
const app = (path: string): string => fileURLToPath(new URL(`../../apps/${path}/src/main.js`, import.meta.url));
const [sections, pages] = [
  ['evaluations', 'workers', 'events', 'configuration', 'checkpoints', 'try'],
  ['', 'submit'],
];

describe.skipIf('reason' in chromium)(`in Chromium${'reason' in chromium ? ` (${chromium.reason})` : ''}`, () => {
  let folder: string;
  let cluster: LocalCluster;
  let browser: Browser;
  let opened: OpenedPage;
  let page: Page;
  let id: string;

  beforeAll(async () => {
    if ('reason' in chromium) return;
    folder = await mkdtemp(join(tmpdir(), 'tandem-page-'));
    await writeTinyData(join(folder, 'shapes'));
    const { REDIS_URL: _theirs, ...environment } = process.env;
    cluster = await startLocalCluster({
      workers: 2,
      entries: { coordinator: app('coordinator'), worker: app('worker') },
      store: `file:${join(folder, 'store')}`,
      logs: join(folder, 'logs'),
      environment: { ...environment, TANDEM_DEVICE: 'cpu', TANDEM_CACHE: 'off', TANDEM_THREADS: '1' },
      onWorkerLost: () => undefined,
    });
    browser = await launchBrowser(chromium.path);
    opened = await openPage(browser, cluster.pageUrl);
    page = opened.page;
  });
  afterAll(async () => {
    await browser?.close();
    await cluster?.stop();
    if (folder) await rm(folder, { recursive: true });
  });

  it('logs in by the address of the cluster, which keeps no key, and by a key in the form', async () => {
    await page.getByText('No run yet.').waitFor();
    expect(page.url()).toBe(`${cluster.api.url}/#/`);
    const key = cluster.pageUrl.split('/').at(-1)!;
    expect(await page.content()).not.toContain(key);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByLabel('API key').fill('a-key-of-somebody-else');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('alert').waitFor();
    expect(await opened.violations()).toEqual([]);
    await page.getByLabel('API key').fill(key);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByText('No run yet.').waitFor();
  });

  it('submits a run once the editor and the form hold no problem', async () => {
    await page.getByRole('link', { name: 'Submit', exact: true }).click();
    const document = tinyDocument(join(folder, 'shapes'), { name: 'watched', steps: 100_000 });
    const evaluation = { zeroShot: [{ name: 'shapes', data: join(folder, 'shapes') }], everySteps: 20 };
    await writeDocument(page, { ...document, batch: 'none', evaluation, stepz: 3 });
    await page
      .getByRole('button', { name: /^line \d+$/ })
      .nth(1)
      .waitFor();
    expect(await page.locator('.problems').innerText()).toMatch(/batch:.*got "none"[^]*unknown key "stepz"/);
    expect(await page.getByRole('button', { name: 'Submit' }).isDisabled()).toBe(true);
    expect(await opened.violations()).toEqual([]);
    await writeDocument(page, { ...document, batch: 'none', evaluation });
    await page.getByLabel('Batch size').fill('10');
    await page.getByLabel('Batch size').blur();
    await page.getByText('The coordinator finds no problem in the document.').waitFor();
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.waitForURL(/#\/run\/watched-/);
    id = /#\/run\/([^/]+)/.exec(page.url())![1]!;
    expect((await cluster.api.run(id)).config).toMatchObject({ batch: 10, steps: 100_000 });
  });

  it('shows the run live, with every step, and its evaluations as they come', async () => {
    await stepsShown(page, 25);
    await page.getByRole('img', { name: /Chart of loss over steps/ }).waitFor();
    await page.getByRole('img', { name: /Chart of step time by phase/ }).waitFor();
    expect(await opened.violations()).toEqual([]);
    await page.getByRole('link', { name: 'Evaluations' }).click();
    await page.getByRole('img', { name: /shapes \(zero-shot\)/ }).waitFor();
    const confusion = page.getByRole('img', { name: /^Confusion matrix: shapes after/ });
    await confusion.scrollIntoViewIfNeeded();
    const width = (): Promise<number> =>
      confusion.evaluate((image) => (image as unknown as { readonly naturalWidth: number }).naturalWidth);
    await expect.poll(width, { timeout: 20_000 }).toBeGreaterThan(0);
    await page.getByRole('link', { name: 'Workers', exact: true }).last().click();
    await page
      .getByText(/tasks\/s/i)
      .first()
      .waitFor();
  });

  it('gives the run another priority while it trains', async () => {
    await page.getByRole('button', { name: 'Priority' }).click();
    await page.getByRole('dialog').getByLabel('Priority').fill('7');
    expect(await opened.violations()).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Change it' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect((await cluster.api.run(id)).config).toMatchObject({ priority: 7 });
    await page.getByRole('link', { name: 'Events' }).click();
    await page.getByText('Its owner gave it priority 7.').waitFor();
  });

  it('comes back after a lost connection without a gap', async () => {
    let cuts = 0;
    const proxy = await startFaultyProxy(cluster.api.url, ({ url = '' }) =>
      url.includes('follow=1') && cuts++ < 2 ? { kind: 'cut', afterBytes: 6000 } : undefined,
    );
    const through = await openPage(browser, `${proxy.endpoint}/#/login/${cluster.pageUrl.split('/').at(-1)!}`);
    try {
      await through.page.getByRole('link', { name: /watched/ }).click();
      await through.page.getByText('connection lost; trying again …').waitFor();
      await expect.poll(() => cuts, { timeout: 30_000 }).toBeGreaterThan(2);
      await through.page.getByText('live', { exact: true }).waitFor();
      const { last } = await stepsShown(through.page, 60);
      await stepsShown(through.page, last + 5);
    } finally {
      await through.page.context().close();
      await proxy.stop();
    }
  });

  it('pauses the run, tries a picture with its checkpoint, and resumes it', async () => {
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    const { step, checkpoint } = await cluster.api.run(id);
    expect((await stepsShown(page, step)).last).toBe(step);
    const [picture, labels] = [
      await onePicture(join(folder, 'shapes')),
      ['a red disc', 'a blue cross', 'a <b>bar</b>'],
    ];
    await page.getByRole('link', { name: 'Try it' }).click();
    await page
      .getByLabel('Picture', { exact: true })
      .setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: picture });
    await page.getByLabel('Labels').fill(labels.join('\n'));
    await page.getByRole('button', { name: 'Ask the model' }).click();
    await page.locator('.bars li').nth(2).waitFor();
    const shown = await page.locator('.bars li').allTextContents();
    const expected = await predicted(checkpoint!, picture, labels);
    expect(shown).toEqual(expected.map(({ label, probability }) => `${label}${percent(probability)}`));
    expect(await opened.violations()).toEqual([]);
    const found = await searched(page, 'a red disc');
    expect(found.map(({ similarity }) => similarity)).toEqual(
      found.map(({ similarity }) => similarity).toSorted((one, other) => other - one),
    );
    expect([found.length, found.every(({ isShown }) => isShown)]).toEqual([12, true]);
    await page.getByRole('button', { name: 'by a picture' }).click();
    await page.getByLabel('Picture to search by').setInputFiles({ name: 'a', mimeType: 'image/png', buffer: picture });
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.locator('.pictures li').getByText('1.000').first().waitFor();
    expect(await opened.violations()).toEqual([]);
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
    await stepsShown(page, step + 5);
  });

  it('downloads the parameters of a checkpoint and its ONNX files', async () => {
    await page.getByRole('link', { name: 'Checkpoints' }).click();
    const parameters = page.waitForEvent('download');
    await page.getByRole('link', { name: 'parameters.safetensors' }).first().click();
    expect((await parameters).suggestedFilename()).toMatch(/^watched-.*-parameters\.safetensors$/);
    const exported = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Export as ONNX' }).first().click();
    expect(await (await exported).failure()).toBeNull();
  });

  it('breaks no rule of accessibility and fits a phone, in the dark too', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 360, height: 740 });
    for (const view of [...sections.map((section) => `run/${id}/${section}`), `run/${id}`, 'workers', ...pages]) {
      await page.goto(`${cluster.api.url}/#/${view}`);
      await page
        .locator('.card, .empty, .chart')
        .nth(view.startsWith('run/') ? 1 : 0)
        .waitFor();
      expect([view, await opened.overflow(), await opened.violations()]).toEqual([view, 0, []]);
    }
  });

  it('cancels the run after a question', async () => {
    await page.goto(`${cluster.api.url}/#/run/${id}`);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    expect((await cluster.api.run(id)).state).not.toBe('cancelled');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Cancel the run' }).click();
    await page
      .getByText(/^Cancelled by its owner/)
      .first()
      .waitFor();
    expect((await cluster.api.run(id)).state).toBe('cancelled');
    expect(opened.complaints).toEqual([]);
  });
});

/** Writes another document into the editor. */
async function writeDocument(page: Page, document: unknown): Promise<void> {
  await page.getByLabel('Run document, YAML').click();
  for (const key of ['Control+A', 'Delete']) await page.keyboard.press(key);
  await page.keyboard.insertText(stringify(document));
}

/** Waits until the page has so many steps, and checks that it has every step up to its last. */
async function stepsShown(page: Page, least: number): Promise<{ readonly last: number }> {
  const shown = page.locator('[data-steps]');
  const read = async (): Promise<[number, number]> =>
    shown.evaluate((element) => {
      const { steps, last } = (element as unknown as { readonly dataset: { steps: string; last: string } }).dataset;
      return [Number(steps), Number(last)];
    });
  await expect.poll(async () => (await read())[1], { timeout: 60_000, interval: 100 }).toBeGreaterThanOrEqual(least);
  const [steps, last] = await read();
  expect(steps).toBe(last);
  return { last };
}

interface FoundPicture {
  readonly similarity: number;
  readonly isShown: boolean;
}

/** Searches the run's data set by a text, and waits for the pictures themselves. */
async function searched(page: Page, text: string): Promise<FoundPicture[]> {
  await page.getByRole('button', { name: 'by a text' }).click();
  await page.getByLabel('Text', { exact: true }).fill(text);
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  const pictures = page.locator('.pictures li');
  await pictures.nth(11).locator('img').scrollIntoViewIfNeeded();
  const read = (): Promise<FoundPicture[]> =>
    pictures.evaluateAll((items) =>
      (items as unknown as ShownItem[]).map((item) => ({
        similarity: Number(item.querySelector('b').textContent),
        isShown: item.querySelector('img').naturalWidth > 0,
      })),
    );
  await expect.poll(async () => (await read()).every(({ isShown }) => isShown), { timeout: 20_000 }).toBe(true);
  return read();
}

/** What is used of an element: the tests are compiled for Node. */
interface ShownItem {
  querySelector(selector: string): { readonly textContent: string; readonly naturalWidth: number };
}

async function onePicture(data: string): Promise<Buffer> {
  const dataset = await openDataset(openStore(data));
  return Buffer.from((await dataset.sample(0)).image);
}

async function predicted(
  checkpoint: string,
  picture: Uint8Array,
  labels: readonly string[],
): ReturnType<typeof predict> {
  const device = await openDevice({ kind: 'cpu', threads: 1 });
  try {
    const model = await openCheckpointAt(checkpoint, { device, batch: 1 });
    return await predict(model, picture, labels, { templates: model.templates });
  } finally {
    await device.close();
  }
}
