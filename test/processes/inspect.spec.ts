// Goal: the commands that look through a data set say what is there, and fail where something is damaged.
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startCommand } from '../support/command.js';
import { openFolderStore, writeSmallDataset, type FolderStore } from '../support/models/small-dataset.js';

let place: FolderStore;
beforeEach(async () => {
  place = await openFolderStore();
  await writeSmallDataset(place.store, 30, (sample, at) => ({ ...sample, group: `group ${at % 3}` }), 6000);
});
afterEach(() => place.close());

async function dataset(...args: string[]): Promise<{ code: unknown; output: string; stdout: string }> {
  const command = await startCommand(['dataset', ...args]);
  const code = await command.exit;
  const result = { code, output: command.output(), stdout: command.stdout() };
  await command.close();
  return result;
}

it('inspect writes a page that loads nothing, and the figures of stats beside it', async () => {
  const out = join(place.folder, 'report');
  const { code, output } = await dataset('inspect', place.folder, '--out', out, '--samples', '7');
  expect([code, output]).toEqual([0, expect.stringMatching(/^small: 30 pairs in [^]*Report: .*report\.html\n$/)]);
  const page = await readFile(join(out, 'report.html'), 'utf8');
  expect(page.match(/<li title=/g)).toHaveLength(7);
  for (const heading of [
    'Samples',
    'Size of the images',
    'Length of the captions',
    'Languages of the captions',
    'Groups',
  ])
    expect(page).toContain(heading);
  expect(page.match(/(?:src|href)="(?!data:)[^"]*"/g)).toBeNull();
  expect((await readdir(out)).sort()).toEqual(
    expect.arrayContaining(['languages.csv', 'result.json', 'shorter-side.png', 'words.svg']),
  );
  const stats = await dataset('stats', place.folder, '--json');
  const { url: _, ...figures } = JSON.parse(stats.stdout) as Record<string, unknown>;
  expect(JSON.parse(await readFile(join(out, 'result.json'), 'utf8'))).toEqual(figures);
  expect(figures).toMatchObject({ pairs: 30, captions: { count: 60 }, images: { lookedAt: 30 } });
});

it('verify ends with 0 where all is well, and with 1 and the names of what is damaged', async () => {
  expect(await dataset('verify', place.folder)).toMatchObject({
    code: 0,
    output: expect.stringMatching(/^small: all 30 pairs in .* are as they were written/) as string,
  });
  const [first, second] = (await readdir(place.folder)).filter((name) => name.endsWith('.tar')).sort();
  for (const name of [first!, second!]) {
    const bytes = await readFile(join(place.folder, name));
    bytes[600]! ^= 1;
    await writeFile(join(place.folder, name), bytes);
  }
  const { code, output } = await dataset('verify', place.folder);
  expect(code).toBe(1);
  expect(output).toMatch(/2 files of \d+ in .* are damaged/);
  for (const name of [first, second]) expect(output).toContain(`  ${name}: Its sha256 is`);
  const json = await dataset('verify', place.folder, '--json');
  expect([json.code, (JSON.parse(json.stdout) as { damaged: unknown[] }).damaged.length]).toEqual([1, 2]);
});
