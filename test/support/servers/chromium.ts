import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** A browser without a window. */
export interface Chromium {
  /** Where its program is. */
  readonly path: string;
  /** Opens a page and returns its HTML once its scripts have run. */
  html(url: string): Promise<string>;
}

const run = promisify(execFile);
const names = ['chromium', 'chromium-browser', 'google-chrome', 'chrome'];

/** Finds a Chromium on PATH that starts here. Returns a reason if there is none: it is too large to be fetched. */
export async function findChromium(): Promise<Chromium | { reason: string }> {
  for (const name of names) {
    const path = await workingPath(name);
    if (path !== undefined) return { path, html: (url) => openedHtml(path, url) };
  }
  return { reason: `none of ${names.join(', ')} is installed` };
}

async function workingPath(name: string): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    const works = await run(path, ['--version']).then(
      () => true,
      () => false,
    );
    if (works) return path;
  }
  return undefined;
}

/** Without a sandbox, because root and most containers have none; the pages are our own. No network is there for it. */
async function openedHtml(command: string, url: string): Promise<string> {
  const profile = await mkdtemp(join(tmpdir(), 'tandem-chromium-'));
  const options = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'];
  const offline = ['--proxy-server=127.0.0.1:9', '--disable-background-networking', '--disable-sync'];
  try {
    const { stdout } = await run(command, [...options, ...offline, `--user-data-dir=${profile}`, '--dump-dom', url], {
      maxBuffer: 2 ** 27,
      timeout: 90_000,
    });
    return stdout;
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 3 });
  }
}
