import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareDataset } from '#data/prepare/prepare-dataset.js';
import { openStore } from '#store/open-store.js';
import { squareImage } from '../../support/models/tiny-clip.js';
import type { Chance } from '../chance.js';
import { mutateBytes } from '../mutate-bytes.js';
import { hostileString, mutateText } from '../mutate-document.js';
import type { Target } from '../target.js';

const rows = [
  ['filepath', 'title', 'group'],
  ['red.png', 'a red square', '1'],
  ['red.png', 'red, "and" square', '1'],
  ['blue.png', 'a\nblue square', '2'],
  ['gone.png', 'nothing', ''],
];
const quoted = (cell: string): string => (/[",\t\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
const tableOf = (delimiter: string, end: string, of = rows): string =>
  of.map((row) => row.map(quoted).join(delimiter) + end).join('');

/** Tables of captions, prepared as a data set. */
export const table: Target = {
  cases: 250,
  async open(folder) {
    for (const colour of ['red', 'blue']) await writeFile(join(folder, `${colour}.png`), await squareImage(colour));
    const seeds = [tableOf(',', '\n'), tableOf('\t', '\r\n'), `\ufeff${tableOf(',', '\r')}`];
    const donors = seeds.map((text) => Buffer.from(text));
    const store = openStore(join(folder, 'made'));
    const path = join(folder, 'pairs.csv');
    return {
      async run(chance) {
        await writeFile(path, written(chance, seeds, donors));
        const group = chance.oneIn(2) ? { groupColumn: 'group' } : {};
        await prepareDataset({ kind: 'table', path, ...group }, store, { name: 'made', licences: [], replace: true });
      },
      close: () => store.close(),
    };
  },
};

function written(chance: Chance, seeds: readonly string[], donors: readonly Buffer[]): string | Buffer {
  const kind = chance.below(3);
  if (kind === 0) return mutateBytes(Buffer.from(chance.pick(seeds)), chance, donors);
  if (kind === 1) return mutateText(chance.pick(seeds), chance);
  const place = 1 + chance.below(rows.length - 1);
  const column = chance.below(3);
  const changed = rows.map((row, at) =>
    at === place ? row.map((cell, i) => (i === column ? hostileString(chance) : cell)) : row,
  );
  return tableOf(',', '\n', changed);
}
