// Goal: rows come out as their writer meant them, or are refused by line; a bad row costs no other. Method: tables as
// open_clip, pandas and Python's csv write them; csv-parse as reference; bytes in pieces of any size.
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tableRecordBytesMax } from '#protocol/input/input-limits.js';
import { tableRecords, type RecordOptions } from './table-records.js';

/** Reads a table whose bytes come in pieces of this size. A bad row is its line and its reason. */
async function rowsOf(
  table: string | Uint8Array,
  pieceBytes = 64 * 1024,
  options: RecordOptions = {},
): Promise<unknown[]> {
  const bytes = typeof table === 'string' ? new TextEncoder().encode(table) : table;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.byteLength; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  }
  const found: unknown[] = [];
  for await (const record of tableRecords(pieces(), options))
    found.push(record.kind === 'row' ? record.cells : { [record.line]: record.reason });
  return found;
}

const heading = ['filepath', 'title'];
const notClosed = expect.stringContaining('A quotation mark is not closed.') as string;
const malformed = expect.stringContaining('A quotation mark ends within a cell.') as string;

describe('a CSV', () => {
  it('gives the rows of csv-parse, whatever is in quotation marks and wherever a piece ends', async () => {
    const cell = fc.constantFrom('a', 'é', '', ' ', '"a,b"', '"a\nb"', '"a\r\n""b"""', '"\t"', 'a"b', '""');
    const text = fc
      .array(fc.tuple(cell, cell), { maxLength: 12 })
      .chain((rows) =>
        fc.constantFrom('\n', '\r\n').map((end) => [['x', 'y'], ...rows].map((row) => row.join(',')).join(end)),
      );
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (table, pieceBytes) => {
        const options = { record_delimiter: ['\r\n', '\n'], relax_quotes: true, skip_empty_lines: true };
        expect(await rowsOf(table, pieceBytes)).toEqual(parse(table, options));
      }),
      { numRuns: 1000 },
    );
  });

  it('with a comma too many in a caption refuses that row, with how to quote it', async () => {
    expect(await rowsOf('filepath,title\na.png,a cat, asleep\nb.png,"a dog, awake"\nc.png\nd.png,d,\n')).toEqual([
      heading,
      { 2: 'The row has 3 cells, the heading 2; write a caption with commas in quotation marks: "…".' },
      ['b.png', 'a dog, awake'],
      { 4: 'The row has 1 cell, the heading 2.' },
      ['d.png', 'd'],
    ]);
  });

  it('with a mark that is never closed, or closed within a later row, loses that row only', async () => {
    expect(await rowsOf('filepath,title\na.png,"oops\nb.png,fine\n')).toEqual([
      heading,
      { 2: notClosed },
      ['b.png', 'fine'],
    ]);
    expect(await rowsOf('filepath,title\na.png,"oops\nb.png,"fine"\nc.png,see\n')).toEqual([
      heading,
      { 2: notClosed },
      ['b.png', 'fine'],
      ['c.png', 'see'],
    ]);
    expect(await rowsOf('filepath,title\na.png,"oops\nb.png,fine\nc.png,40"\n')).toEqual([
      heading,
      { 2: 'A quotation mark is closed only on a later line, with whole rows between.' },
      ['b.png', 'fine'],
      ['c.png', '40"'],
    ]);
  });

  it.each([
    ['a.png,"Hello, you" she said'],
    ['a.png,"a \\"big, fat\\" cat"'],
    ['a.png,a \\"big\\" cat'],
    ['a.png,"the \\", b"'],
    ['a.png,"Hello," she said, "you"'],
  ])('refuses a row whose marks end within a cell, and never cuts it: %s', async (row) => {
    const table = `filepath,title,\n${row}\nb.png,"fine"\n`;
    expect((await rowsOf(table)).slice(1)).toEqual([{ 2: malformed }, { 3: expect.stringContaining('2 cells') }]);
    expect((await rowsOf(table.replace('title,', 'title'))).slice(1)).toEqual([{ 2: malformed }, ['b.png', 'fine']]);
  });

  it.each([
    ['"a \\"big, fat\\" cat"', 'a "big, fat" cat'],
    ['a \\"big\\" cat', 'a "big" cat'],
    ['a cat\\, asleep', 'a cat, asleep'],
    ['"a ""big"" cat"', 'a "big" cat'],
    ['"two\nlines"', 'two\nlines'],
    ['two\\\nlines', 'two\nlines'],
    ['"back\\\\slash"', 'back\\slash'],
    ['C:\\new', 'C:\\new'],
  ])('with an escape character: %s', async (written, caption) => {
    const table = `filepath,title\na.png,${written}\nb.png,b\n`;
    for (const pieceBytes of [1, 1000])
      expect(await rowsOf(table, pieceBytes, { escape: '\\' })).toEqual([heading, ['a.png', caption], ['b.png', 'b']]);
  });

  it.each([
    ['filepath;title', ';'],
    ['filepath|title', '|'],
    ['filepath;a,b;title', ';'],
    ['sep=;\nfilepath;title', ';'],
    ['# made, by; hand\nfilepath;title', ';'],
  ])('has its separator found: %s', async (first, separator) => {
    const isHeading = (cells: readonly string[]): boolean => heading.every((name) => cells.includes(name));
    const said: string[] = [];
    const [found, row] = await rowsOf(`${first}\na.png;x, y|z;w\n`.replaceAll(';', separator), 7, {
      isHeading,
      say: (sentence) => said.push(sentence),
    });
    expect(found).toContain('title');
    expect(row).toBeDefined();
    expect(said).toContain(`separator ${separator}`);
  });
});

describe('a TSV', () => {
  it.each([
    ['begins with a mark', '"lone and more', '"lone and more'],
    ['begins and ends with a mark', '"to be or not"', '"to be or not"'],
    ['has marks within', 'a 40" screen and "more', 'a 40" screen and "more'],
    ['is a mark', '"', '"'],
    ['was quoted by pandas for its marks', '"a ""big"" cat"', 'a "big" cat'],
    ['was quoted by pandas for its tab', '"a\tcat"', 'a\tcat'],
    ['was quoted by pandas for its line end', '"a cat\nasleep\non a mat"', 'a cat\nasleep\non a mat'],
  ])('whose caption %s', async (_, written, caption) => {
    const others = [...Array(3).keys()].map((number) => [`${number}.png`, `caption ${number}`]);
    const rows = [...others, ['x.png', written], ...others];
    for (const swap of [false, true]) {
      const order = (row: string[]): string[] => (swap ? row.toReversed() : row);
      const table = [heading, ...rows].map((row) => `${order(row).join('\t')}\n`).join('');
      const expected = [heading, ...others, ['x.png', caption], ...others].map(order);
      for (const pieceBytes of [1, 7, 1000]) expect(await rowsOf(table, pieceBytes)).toEqual(expected);
    }
  });

  it('with lone marks in many rows keeps every row', async () => {
    const captions = ['"first', 'second', 'third 40"', '"fourth', 'fifth', '"sixth'];
    const rows = captions.map((caption, at) => [`${at}.png`, caption]);
    expect(await rowsOf([heading, ...rows].map((row) => row.join('\t')).join('\r\n'))).toEqual([heading, ...rows]);
  });

  it('whose heading is quoted has quotation marks everywhere', async () => {
    expect(await rowsOf('"filepath"\t"title"\n"a.png"\t"a cat"\n"b.png"\t"two\nlines"\n')).toEqual([
      heading,
      ['a.png', 'a cat'],
      ['b.png', 'two\nlines'],
    ]);
  });

  it('in which nobody can tell where a row ends is refused by line', async () => {
    expect(await rowsOf('filepath\ttitle\na.png\t"one\nb.png\ttwo\nc.png\nd.png\tthree"\n')).toEqual([
      heading,
      { 2: 'A quotation mark begins a cell; whether the next lines belong to it is unclear.' },
      ['b.png', 'two'],
      { 4: 'The row has 1 cell, the heading 2.' },
      ['d.png', 'three"'],
    ]);
  });

  it('with a tab too many refuses the row', async () => {
    expect(await rowsOf('filepath\ttitle\na.png\ta\tcat\n')).toEqual([
      heading,
      { 2: 'The row has 3 cells, the heading 2; a caption cannot hold a tab.' },
    ]);
  });
});

describe('a table', () => {
  it.each([
    [
      'tabs',
      'a\tb\n1\t2,3\n',
      [
        ['a', 'b'],
        ['1', '2,3'],
      ],
    ],
    [
      'lines of Windows',
      'a,b\r\n1,2\r\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'lines of Windows in the heading alone',
      'a,b\r\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'lines of Windows in the rows alone',
      'a,b\n1,2\r\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'lines of old Macs and others after them',
      'a,b\r1,2\n3,4\r\n5,6',
      [
        ['a', 'b'],
        ['1', '2'],
        ['3', '4'],
        ['5', '6'],
      ],
    ],
    [
      'lines of old Macs',
      'a,b\r1,2\r',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a byte order mark',
      '\ufeffa,b\n1,2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'empty lines',
      'a,b\n\n1,2\n\r\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    ['nothing', '', []],
    ['a row alone', 'a', [['a']]],
  ])('of %s', async (_what, text, rows) => {
    expect(await rowsOf(text)).toEqual(rows);
    expect(await rowsOf(text, 1)).toEqual(rows);
  });

  it('in another encoding than UTF-8 is read if that is named, and else refused by line', async () => {
    const table = Buffer.from('filepath,title\na.png,a caf\xe9\nb.png,a cat\n', 'latin1');
    const [, first, second] = await rowsOf(table);
    expect(first).toEqual({ 2: expect.stringContaining('not UTF-8: name its encoding, for example --encoding') });
    expect(second).toEqual(['b.png', 'a cat']);
    expect(await rowsOf(table, 5, { encoding: 'windows-1252' })).toEqual([
      heading,
      ['a.png', 'a café'],
      ['b.png', 'a cat'],
    ]);
    const wide = Buffer.from('\ufefffilepath\ttitle\r\na.png\ta café\r\n', 'utf16le');
    expect(await rowsOf(wide, 3)).toEqual([heading, ['a.png', 'a café']]);
  });

  it('leaves out a row that is too large, names its line, and continues', async () => {
    const long = 'x'.repeat(tableRecordBytesMax);
    const tooLarge = 'The row is larger than the limit of 1 MiB.';
    expect(await rowsOf(`a,b\n1,"two\nlines"\n2,${long}\n3,four\n`)).toEqual([
      ['a', 'b'],
      ['1', 'two\nlines'],
      { 4: tooLarge },
      ['3', 'four'],
    ]);
    expect(await rowsOf(`${long}${long}\n1,2\n`)).toEqual([{ 1: tooLarge }, ['1', '2']]);
    const page = `${'y'.repeat(1000)}\n`.repeat(1100);
    const rows = await rowsOf(`a,b\n1,"${page}"\n3,four\n`);
    expect(rows.slice(0, 2)).toEqual([['a', 'b'], { 2: notClosed }]);
    expect(rows.at(-1)).toEqual(['3', 'four']);
  });

  it('keeps no more of an endless line than the size limit of a row', async () => {
    let given = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (; given < 400; given++) yield Buffer.alloc(2 ** 20, 'x');
    }
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    for await (const record of tableRecords(
      (async function* () {
        for await (const piece of endless()) {
          most = Math.max(most, process.memoryUsage().arrayBuffers - before);
          yield piece;
        }
      })(),
    ))
      expect(record).toMatchObject({ kind: 'bad row', line: 1 });
    expect(given).toBe(400);
    expect(most).toBeLessThan(200 * 2 ** 20);
  });
});
