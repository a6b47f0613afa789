// Goal: everything works below a path of a site whose reverse proxy is nginx, with deploy/nginx/tandem.conf as it is
// and nginx as it is by default, buffers and time-outs included: the page, its login, streams, links, the reference of
// the API, and commands. Method: Redis, a coordinator, a worker, nginx and Chromium, each a process.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as requestByTls, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { startLocalCluster, type LocalCluster } from '#cluster/local-cluster.js';
import type { RunStatus } from '#protocol/run/run-status.js';
import { launchBrowser, openPage, type OpenedPage } from '../dashboard/opened-page.js';
import { startCommand } from '../support/command.js';
import { writeTinyData } from '../support/models/tiny-data.js';
import { tinyDocument } from '../support/models/tiny-run.js';
import { findNginx, startNginx, type Nginx } from '../support/processes/nginx.js';
import { makeCertificate, type TestCertificate } from '../support/servers/certificate.js';
import { findChromium } from '../support/servers/chromium.js';

const nginx = await findNginx();
const chromium = await findChromium();
const app = (path: string): string => fileURLToPath(new URL(`../../apps/${path}/src/main.js`, import.meta.url));

describe.skipIf('reason' in nginx)(`behind nginx${'reason' in nginx ? ` (${nginx.reason})` : ''}`, () => {
  let folder: string;
  let cluster: LocalCluster;
  let certificate: TestCertificate;
  let site: Nginx;
  let address: string;
  let key: string;
  let run: RunStatus;

  beforeAll(async () => {
    if ('reason' in nginx) return;
    folder = await mkdtemp(join(tmpdir(), 'tandem-proxy-'));
    await writeTinyData(join(folder, 'shapes'));
    const { REDIS_URL: _theirs, ...environment } = process.env;
    cluster = await startLocalCluster({
      workers: 1,
      entries: { coordinator: app('coordinator'), worker: app('worker') },
      store: `file:${join(folder, 'store')}`,
      logs: join(folder, 'logs'),
      environment: { ...environment, TANDEM_DEVICE: 'cpu', TANDEM_CACHE: 'off', TANDEM_THREADS: '1' },
      onWorkerLost: () => undefined,
    });
    certificate = makeCertificate(folder);
    site = await startNginx({
      program: nginx.program,
      folder: join(folder, 'nginx'),
      certificate,
      target: cluster.api.url,
    });
    address = `${site.url}/tandem`;
    key = cluster.pageUrl.split('/').at(-1)!;
  });
  afterAll(async () => {
    await site?.stop();
    await cluster?.stop();
    if (folder) await rm(folder, { recursive: true });
  });

  const keyed = (): Record<string, string> => ({ 'x-api-key': key });

  it('a command takes the address with its path', async () => {
    const file = join(folder, 'run.yaml');
    await writeFile(file, stringify(tinyDocument(join(folder, 'shapes'), { name: 'proxied', steps: 1_000_000 })));
    const environment = { TANDEM_URL: `${address}/`, TANDEM_API_KEY: key };
    const submit = await startCommand(['submit', file, '--json'], environment);
    expect([await submit.exit, submit.output()]).toEqual([0, expect.stringContaining('proxied-')]);
    run = JSON.parse(submit.stdout()) as RunStatus;
    const status = await startCommand(['status', run.id, '--url', address, '--api-key', key]);
    expect([await status.exit, status.stdout()]).toEqual([0, expect.stringContaining(run.id)]);
    for (const command of [submit, status]) await command.close();
  });

  it('the events of a run arrive when they happen, though nginx buffers answers', async () => {
    // By HTTP/1.0, which nginx speaks if it is told nothing, it holds back what does not fill a buffer.
    const paths = ['/tandem', '/plain'].map((path) => `${site.url}${path}/v1/runs/${run.id}/metrics?follow=1`);
    const streams = await Promise.all(paths.map((path) => readEvents(path, keyed())));
    for (const step of [1, 2, 3]) for (const stream of streams) await stream.until(`event: step\nid: ${step}\n`);
    await cluster.api.pause(run.id);
    // Nothing follows it that could push it out of a buffer: the run is paused, and its streams stay open.
    for (const stream of streams) {
      await stream.until('"state":"paused"');
      await stream.until('\n\n'); // The end of the event: its beginning may have filled a buffer.
    }
    expect(await cluster.api.run(run.id)).toMatchObject({ state: 'paused' });
    for (const stream of streams) await stream.close();
  });

  it('the answer to a submission leads to the run, below the path', async () => {
    const body = JSON.stringify(tinyDocument(join(folder, 'shapes'), { name: 'located' }));
    const headers = { ...keyed(), 'content-type': 'application/json' };
    for (const called of [`${address}/v1/runs`, `${address}/v1/runs/`]) {
      const answer = await fetch(called, { method: 'POST', headers, body });
      const { id } = (await answer.json()) as RunStatus;
      const location = new URL(answer.headers.get('location')!, answer.url);
      expect(location.href).toBe(`${address}/v1/runs/${id}`);
      expect(await (await fetch(location, { headers: keyed() })).json()).toMatchObject({ id, name: 'located' });
    }
  });

  it('the description of the API names the server by which it was asked for', async () => {
    const answer = await fetch(`${address}/docs-json`, { headers: keyed() });
    const { servers } = (await answer.json()) as { readonly servers: readonly { readonly url: string }[] };
    expect(new URL(servers[0]!.url, answer.url).href).toBe(`${address}/`);
  });

  it('what is open on this machine is not open to who comes through it, whatever Host they name', async () => {
    for (const path of ['/', '/docs', '/docs-json', '/metrics']) {
      const direct = await fetch(`${cluster.api.url}${path}`, { headers: { accept: 'application/json' } });
      const through = await fetch(`${address}${path}`, { headers: { accept: 'application/json' } });
      expect([path, direct.status, through.status]).toEqual([path, 200, 401]);
    }
  });

  it('a picture of more than the 1 MiB that nginx allows reaches the coordinator', async () => {
    const form = new FormData();
    form.append('label', 'a red disc');
    form.append('image', new Blob([Buffer.alloc(3 * 2 ** 20)]));
    const answer = await fetch(`${address}/v1/runs/${run.id}/predict`, {
      method: 'POST',
      headers: keyed(),
      body: form,
    });
    expect([answer.status, await answer.json()]).toEqual([422, expect.objectContaining({ code: 'DATA_INVALID' })]);
  });

  it('the session is below the path alone, and of TLS alone where the site has it', async () => {
    const body = JSON.stringify({ key });
    const plain = await fetch(`${address}/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(plain.headers.getSetCookie()).toEqual([expect.not.stringMatching(/Path|Domain|Secure/)]);
    const [cookie] = await loginByTls(`${site.secureUrl}/tandem/session`, body, certificate);
    expect(cookie).toMatch(/^tandem_session=[\w-]{43}; HttpOnly; SameSite=Strict; Max-Age=43200; Secure$/);
  });

  describe.skipIf('reason' in chromium)(`in Chromium${'reason' in chromium ? ` (${chromium.reason})` : ''}`, () => {
    let browser: Browser;
    let opened: OpenedPage;
    beforeAll(async () => {
      if ('reason' in chromium) return;
      browser = await launchBrowser(chromium.path);
      opened = await openPage(browser, address);
    });
    afterAll(() => browser?.close());

    it('the page logs in, and stays logged in when it is loaded again', async () => {
      const { page } = opened;
      await page.getByLabel('API key').fill(key);
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.getByRole('link', { name: /proxied/ }).waitFor();
      expect(page.url()).toBe(`${address}/`);
      const cookies = await page.context().cookies();
      expect(cookies).toMatchObject([{ name: 'tandem_session', path: '/tandem', httpOnly: true }]);
      await page.reload();
      await page.getByRole('link', { name: /proxied/ }).waitFor();
    });

    it('the page shows a run live, its checkpoint and what else it links to', async () => {
      const { page } = opened;
      await page.getByRole('link', { name: /proxied/ }).click();
      await page.getByRole('button', { name: 'Resume' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
      const before = await cluster.api.run(run.id);
      await page.getByText('live', { exact: true }).waitFor();
      const last = async (): Promise<number> => Number(await page.locator('[data-steps]').getAttribute('data-last'));
      await expect.poll(last, { timeout: 60_000 }).toBeGreaterThan(before.step + 3);
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByRole('button', { name: 'Resume' }).waitFor();
      await page.getByRole('link', { name: 'Checkpoints' }).click();
      const download = page.waitForEvent('download');
      await page.getByRole('link', { name: 'parameters.safetensors' }).first().click();
      expect(await (await download).failure()).toBeNull();
      expect((await download).url()).toMatch(`${address}/v1/runs/${run.id}/checkpoints/`);
      const docs = page.getByRole('link', { name: 'API' });
      expect(await docs.evaluate((link) => (link as unknown as { readonly href: string }).href)).toBe(
        `${address}/docs`,
      );
      expect(opened.complaints).toEqual([]);
    });

    it('the reference of the API is shown, and its calls go below the path', async () => {
      const context = await browser.newContext({ httpCredentials: { username: 'any', password: key } });
      const page = await context.newPage();
      const failed: string[] = [];
      page.on('response', (answer) => void (answer.status() >= 400 && failed.push(answer.url())));
      await page.goto(`${address}/docs`);
      await page.getByRole('heading', { name: /Tandem coordinator/ }).waitFor();
      await page.locator('#operations-health-getLiveness .opblock-summary-control').click();
      await page.getByRole('button', { name: 'Try it out' }).click();
      const answered = page.waitForResponse(/health\/live/);
      await page.getByRole('button', { name: 'Execute' }).click();
      expect([(await answered).url(), (await answered).status()]).toEqual([`${address}/health/live`, 200]);
      expect(failed).toEqual([]);
      await context.close();
    });
  });

  it('a stream on which nothing happens stays open for longer than the 60 s that nginx waits', async () => {
    await expect.poll(async () => (await cluster.api.run(run.id)).state, { timeout: 30_000 }).toBe('paused');
    const quiet = await readEvents(`${address}/v1/runs/${run.id}/metrics?follow=1&from=1000000`, keyed());
    await quiet.until('"state":"paused"');
    // One comes every 15 s.
    for (let comment = 0; comment < 5; comment++) await quiet.until(': still here\n\n');
    await cluster.api.resume(run.id);
    await quiet.until('"state":"training"');
    await quiet.close();
    await cluster.api.cancel(run.id);
  }, 150_000);
});

/** The events of a stream as text, in the order in which they arrive. */
interface EventReader {
  /** Resolves when this has arrived, after what was found before. Rejects if the stream ends first. */
  until(text: string): Promise<void>;
  close(): Promise<void>;
}

async function readEvents(url: string, headers: Record<string, string>): Promise<EventReader> {
  const answer = await fetch(url, { headers });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  return {
    async until(text) {
      while (!rest.includes(text)) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`Expected ${text} in a stream, which ended after ${rest.slice(-500)}`);
        rest += value;
      }
      rest = rest.slice(rest.indexOf(text) + text.length);
    },
    close: () => reader.cancel().catch(() => undefined),
  };
}

/** Logs in at an address with a certificate that signs itself. Returns the cookies that are set. */
async function loginByTls(url: string, body: string, { cert }: TestCertificate): Promise<string[]> {
  const headers = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) };
  const options: RequestOptions = { method: 'POST', ca: await readFile(cert), headers };
  return new Promise((resolve, reject) => {
    requestByTls(url, options, (answer) => {
      answer.resume();
      resolve(answer.headers['set-cookie'] ?? []);
    })
      .once('error', reject)
      .end(body);
  });
}
