// Goal: counts are exact, whatever fits into memory and however the corpus is divided. Method: random lines against
// counts in a Map; then with room for a few entries only, and in two parts whose files are merged.
import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { corpusCounter } from './corpus-counter.js';
import type { SortedCounts } from './count-entry.js';
import { countsHeader, readCounts, writeCounts } from './counts-file.js';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'tandem-counts-'))));
afterEach(() => rm(folder, { recursive: true }));

/** Words of few letters: many are repeated, and their bigrams too. */
const lines = Array.from({ length: 150 }, (_, line) =>
  Array.from({ length: 12 }, (_, at) => 'abcde'.charAt((line * 7 + at * at * 3 + ((line * at) % 11)) % 5)).join(
    line % 3 === 0 ? ', ' : ' ',
  ),
);

async function countsOf(
  some: readonly string[],
  options: { entriesMax?: number } = {},
  include: readonly SortedCounts[] = [],
): Promise<(readonly [string, number])[]> {
  const counter = corpusCounter({ ignoreCase: false, scratch: folder, ...options });
  for (const line of some) {
    counter.line(line);
    await counter.settle();
  }
  for (const counts of include) counter.include(counts);
  const entries: (readonly [string, number])[] = [];
  for await (const batch of await counter.finish()) for (const { name, count } of batch) entries.push([name, count]);
  await counter.close();
  return entries;
}

it('counts words, and bigrams with white space between', async () => {
  const expected = new Map<string, number>();
  const add = (name: string): unknown => expected.set(name, (expected.get(name) ?? 0) + 1);
  lines.forEach((line, number) => {
    add('0\tlines');
    const words = line.split(number % 3 === 0 ? ', ' : ' ');
    words.forEach((word, at) => {
      add('0\twords');
      add(`1\t${word}`);
      if (number % 3 !== 0 && at > 0) add(`2\t${words[at - 1]} ${word}`);
    });
  });
  expect(await countsOf(lines)).toEqual([...expected].sort(([a], [b]) => (a < b ? -1 : 1)));
});

it('spilling to disk and merging runs changes nothing', async () => {
  expect(await countsOf(lines, { entriesMax: 15 })).toEqual(await countsOf(lines));
  expect(await readdir(folder)).toEqual([]);
});

it.each([1, 77, 149])('parts of %i lines and the rest give the same', async (length) => {
  const header = countsHeader(false);
  const paths = [join(folder, '1.counts'), join(folder, '2.counts.gz')];
  for (const [at, part] of [lines.slice(0, length), lines.slice(length)].entries()) {
    const counter = corpusCounter({ ignoreCase: false, scratch: folder, entriesMax: 20 });
    for (const line of part) {
      counter.line(line);
      await counter.settle();
    }
    await writeCounts(paths[at]!, header, await counter.finish());
    await counter.close();
  }
  const parts = paths.map((path) => readCounts(path, header));
  expect(await countsOf([], {}, parts)).toEqual(await countsOf(lines));
});

it('words of scripts without gaps are found by their dictionaries, and a bigram may have no gap', async () => {
  const names = (await countsOf(['我喜欢猫 猫, cat'])).map(([name]) => name);
  expect(names).toEqual(expect.arrayContaining(['1\t喜欢', '1\t猫', '1\tcat', '2\t喜欢\x01猫', '2\t猫 猫']));
  expect(names.filter((name) => name.startsWith('2')).length).toBe(3);
});

it('refuses counts that are cut short, are none, or were counted otherwise', async () => {
  const path = join(folder, '1.counts');
  const read = (ignoreCase: boolean): Promise<unknown> =>
    countsOf([], {}, [readCounts(path, countsHeader(ignoreCase))]);
  async function* some(): SortedCounts {
    yield [{ name: '1\ta', count: 1 }];
  }
  await writeCounts(path, countsHeader(false), some());
  expect(await read(false)).toEqual([['1\ta', 1]]);
  await expect(read(true)).rejects.toThrow(`Expected counts that ignore case in ${path}, got counts with case.`);
  await truncate(path, 70);
  await expect(read(false)).rejects.toThrow(/Expected a whole file of counts at .*1\.counts: it ends after line 2\./);
  await truncate(path, 10);
  await expect(read(false)).rejects.toThrow('its first line is another');
});
