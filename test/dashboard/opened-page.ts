import axe from 'axe-core';
import { chromium, type Browser, type Page } from 'playwright-core';

/** A page of the dashboard in a browser, and what the browser complained about. */
export interface OpenedPage {
  readonly page: Page;
  /** Errors of scripts, and what the page's policy forbade. */
  readonly complaints: readonly string[];
  /** Which rules of axe-core the page breaks as it is shown now, with the first place of each. */
  violations(): Promise<string[]>;
  /** By how many pixels the page is wider than its window. */
  overflow(): Promise<number>;
}

/** Without a sandbox, because root and most containers have none; the pages are our own. */
export function launchBrowser(path: string): Promise<Browser> {
  return chromium.launch({ executablePath: path, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

export async function openPage(browser: Browser, url: string): Promise<OpenedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('console', (message) => {
    // An answer with an error status is logged as an error too; the page shows it.
    const text = message.text();
    if (message.type() === 'error' && !text.startsWith('Failed to load resource')) complaints.push(text);
  });
  await page.goto(url);
  return {
    page,
    complaints,
    async violations() {
      await page.evaluate(axe.source);
      const found = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
      return found.violations.map(({ id, nodes }) => `${id}: ${String(nodes[0]?.target)}`);
    },
    overflow: () =>
      page.evaluate(() => {
        const { scrollWidth, clientWidth } = (globalThis as unknown as Shown).document.documentElement;
        return scrollWidth - clientWidth;
      }),
  };
}

/** What the functions above use of a browser: the tests are compiled for Node. */
interface Shown {
  readonly document: { readonly documentElement: { readonly scrollWidth: number; readonly clientWidth: number } };
}
