// Goal: a corpus leads to queries, queries to curated pairs, and these to a run; what is damaged is named, with a cure.
// Method: the real commands on a small dump of Wikipedia's form (plain, .gz and .bz2), text, page views, a table and a
// data set made here.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDataset } from '#data/dataset/dataset.js';
import { openStore } from '#store/open-store.js';
import { startCommand } from '../support/command.js';
import { openOwnSource, type OwnSource } from '../support/models/own-source.js';
import { writeSmallDataset } from '../support/models/small-dataset.js';

let own: OwnSource;
const at = (...names: string[]): string => join(own.folder, ...names);

const page = (title: string, text: string, more = '<ns>0</ns>'): string =>
  `<page><title>${title}</title>${more}<revision><text xml:space="preserve">${text}</text></revision></page>\n`;
const dump = `<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" xml:lang="de">
<siteinfo><namespaces><namespace key="6">Datei</namespace></namespaces></siteinfo>
${page('Red panda', "The '''red panda''' is a [[mammal|small mammal]].\n[[Datei:a.jpg|unseen]] {{unseen|x}}")}
${page('Panda (band)', 'A red panda &amp;amp; a red fox; the panda.')}
${page('Roter Panda', '#REDIRECT [[Red panda]]', '<ns>0</ns><redirect title="Red panda" />')}
${page('Talk:Red panda', 'unseen', '<ns>1</ns>')}
</mediawiki>
`;
/** `one red panda\nanother red fox\n`, by bzip2. */
const bzip2Text = 'QlpoOTFBWSZTWdJqvq4AAArRgAAQQAAnQdRAIAAxANAA1Mjajaakvgwzh2EKCtpx7rNwCPi7kinChIaTVfVw';

beforeAll(async () => {
  own = await openOwnSource();
  await own.place({
    'corpus/a.txt': 'a small red fox\nred panda, red fox\n',
    'corpus/deeper/b.txt.gz': gzipSync('the small red fox\n'),
    'corpus/picture.png': 'no text',
    'wiki.xml': dump,
    'wiki.xml.gz': gzipSync(dump),
    'cut.xml': dump.slice(0, 320),
    'views.gz': gzipSync(
      'de Red_panda 80 0\nde.m Red_panda 60 0\nde Talk:Red_panda 900 0\nde Rare 60 0\nen Fox 99 0\n',
    ),
    'captions.csv': `url,title\n${['a red panda', 'two red pandas', 'the fox', 'a red fox', 'unseen']
      .map((caption, row) => `http://x/${row}.jpg,${caption}\n`)
      .join('')}http://x/5.jpg,one,too many\n`,
    'captions.jsonl': '{"caption":["nothing","a red fox"],"url":"x"}\n{"caption":7}\nbroken\n{"caption":"a cat"}\n',
  });
});
afterAll(() => own.close());

async function tandem(...args: string[]): Promise<{ code: unknown; output: string; json: () => unknown }> {
  const command = await startCommand(['dataset', ...args]);
  const code = await command.exit;
  const [output, stdout] = [command.output(), command.stdout()];
  expect(await command.leftBehind()).toEqual([]);
  await command.close();
  return { code, output, json: () => JSON.parse(stdout) as unknown };
}

const few = ['--word-count-min', '4', '--bigram-count-min', '2', '--pmi-min', '0', '--no-wordnet', '--wiki', 'de'];
const rows = async (file: string): Promise<string[]> => (await readFile(at(file), 'utf8')).split('\n').slice(0, -1);

it('makes the same list of a corpus at once and of its parts', async () => {
  const views = ['--page-views', at('views.gz'), '--line-views-min', '50'];
  const whole = await tandem('queries', at('corpus'), at('wiki.xml'), '--out', at('all.tsv'), ...few, ...views);
  expect([whole.code, whole.output]).toEqual([0, expect.stringContaining('files of folders that are no text')]);
  expect(await rows('all.tsv')).toEqual([
    'query\tsource\tcount\tpmi',
    'red\tword\t7\t',
    'fox\tword\t4\t',
    'panda\tword\t4\t',
    // log2(n(ab) · 27 / (n(a) · n(b))), of 27 words
    'a small\tbigram\t2\t2.585',
    'red fox\tbigram\t4\t1.948',
    'red panda\tbigram\t3\t1.532',
    'small red\tbigram\t2\t1.363',
    'Red panda\ttitle\t140\t',
  ]);
  const parts = [
    await tandem('queries', at('corpus'), '--counts-out', at('1.counts')),
    await tandem('queries', at('wiki.xml.gz'), ...views, '--wiki', 'de', '--counts-out', at('2.counts.gz')),
    await tandem('queries', at('2.counts.gz'), at('1.counts'), '--out', at('merged.tsv'), ...few),
  ];
  expect(parts.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(await rows('merged.tsv')).toEqual(await rows('all.tsv'));
});

it('reads .bz2, and takes names of WordNet that are not in yet', async () => {
  await writeFile(at('small.txt.bz2'), Buffer.from(bzip2Text, 'base64'));
  const made = await tandem('queries', at('small.txt.bz2'), '--out', at('net.tsv'), '--word-count-min', '2', '--json');
  expect(made.json()).toMatchObject({ totals: { words: 6 }, sources: { 0: { taken: 1 }, 3: { source: 'wordnet' } } });
  const list = await rows('net.tsv');
  expect(list.slice(1, 4)).toEqual(['red\tword\t2\t', 'entity\twordnet\t0\t', 'physical entity\twordnet\t0\t']);
  expect(list.filter((row) => row.startsWith('red\t')).length).toBe(1);
  expect(list.length).toBeGreaterThan(80_000);
});

it('curates a table, and a data set that a run reads', async () => {
  await own.place({ 'few.txt': 'red panda\nfox\nred\n!\nred\npicture\n' });
  const queries = ['--queries', at('few.txt')];
  const table = await tandem('curate', at('captions.csv'), at('kept.csv'), ...queries, '--per-query', '2');
  expect([table.code, table.output]).toEqual([0, expect.stringMatching(/^\d of 5 pairs in .*kept\.csv/)]);
  expect(table.output).toMatch(/1: queries without a letter or digit .*few\.txt, line 4/);
  expect(table.output).toMatch(/1: The row has 3 cells, the heading 2.*captions\.csv, line 7/);
  expect((await rows('kept.csv'))[0]).toBe('url,title');
  expect(await rows('kept-curation/queries.tsv')).toEqual(
    expect.arrayContaining([expect.stringMatching(/^red\tlist\t3\t[23]$/)]),
  );
  expect((await readFile(at('kept-curation/histogram.png'))).subarray(1, 4).toString()).toBe('PNG');

  const lines = await tandem('curate', at('captions.jsonl'), at('kept.jsonl'), ...queries, '--json');
  expect(lines.json()).toMatchObject({ pairs: 2, keptPairs: 1, leftOut: { length: 4 } });
  expect(await rows('kept.jsonl')).toEqual(['{"caption":["nothing","a red fox"],"url":"x"}']);

  const store = openStore(at('pairs'));
  await writeSmallDataset(store, 12, (sample, number) => (number % 4 === 0 ? sample : { ...sample, captions: ['x'] }));
  const pairs = await tandem('curate', at('pairs'), at('curated'), ...queries, '--json');
  expect(pairs.json()).toMatchObject({ pairs: 12, matchedPairs: 3, keptPairs: 3, before: { most: 3 } });
  const [before, after] = [await openDataset(store), await openDataset(openStore(at('curated')))];
  expect([after.name, after.pairs, after.licences]).toEqual(['curated', 3, before.licences]);
  expect(await after.sample(1)).toEqual(await before.sample(4));
  const recipe = await startCommand([
    'train',
    '--recipe',
    'small',
    '--data',
    at('curated'),
    '--config',
    at('run.yaml'),
  ]);
  expect([await recipe.exit, recipe.output()]).toEqual([0, expect.stringContaining('run.yaml')]);
  await recipe.close();
});

it.each([
  [['queries', 'cut.xml'], /whole XML dump of MediaWiki at .*cut\.xml: it ends in line 4, in the page "Red panda"/],
  [['queries', 'corpus', '--pmi-min', '30'], /got 30: in a corpus of 12 words the largest of a bigram .* is log2/],
  [['queries', 'corpus'], /Expected queries, got none: no word of 12 occurs 100 times/],
  [['queries', 'captions.csv'], /Corpus: expected text, a dump or counts, got .*captions\.csv/],
  [['queries', 'corpus', '--page-views', 'corpus/a.txt'], /lines of wiki, title and views in .*a\.txt, such as .* got/],
  [['curate', 'captions.csv', 'x.csv', '--queries', 'views.gz'], /list of queries as .tsv, .txt or .json, got .*views/],
  [['curate', 'captions.csv', 'x.csv', '--queries', 'empty.txt'], /Expected queries in .*empty\.txt, got none/],
  [
    ['curate', 'captions.csv', 'x.csv', '--queries', 'other.tsv'],
    /column query in the first line of .*other\.tsv, got a, b/,
  ],
  [['curate', 'captions.csv', 'x.csv', '--queries', 'none.txt'], /none: of 5 pairs 0 match a query/],
  [
    ['curate', 'captions.csv', 'x.csv', '--queries', 'none.txt', '--caption-column', 'text'],
    /Expected the column text in .*captions\.csv, got url, title/,
  ],
  [
    ['curate', 'captions.csv', 'x.csv', '--queries', 'none.txt', '--counts', '1.counts'],
    /--method balance with counts/,
  ],
] as const)('refuses %j', async (args, message) => {
  await own.place({ 'empty.txt': '\n\n', 'other.tsv': 'a\tb\n', 'none.txt': 'zebra\n' });
  const [command, ...rest] = args.map((arg) => (/^[a-z1]+[./]|^corpus/.test(arg) ? at(arg) : arg));
  const out = command === 'queries' ? ['--out', at('x.tsv'), '--no-wordnet'] : [];
  expect(await tandem(command!, ...rest, ...out)).toMatchObject({ code: 2, output: expect.stringMatching(message) });
});
