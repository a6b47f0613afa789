import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareDataset } from '#data/prepare/prepare-dataset.js';
import { openStore } from '#store/open-store.js';
import { squareImage } from '../../support/tiny-clip.js';
import { mutateBytes } from '../mutate-bytes.js';
import { mutateText } from '../mutate-document.js';
import type { Target } from '../target.js';

const rows = [['filepath', 'title', 'group'], ['red.png', 'a red square', '1'], ['red.png', 'red, "and" square', '1'], ['blue.png', 'a\nblue square', '2'], ['gone.png', 'nothing', '']];
const quoted = (cell: string): string => (/[",\t\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
const tableOf = (delimiter: string, end: string): string => rows.map((row) => row.map(quoted).join(delimiter) + end).join('');

/** Tables of captions, from the file to the data set made of it. */
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
        const seed = chance.pick(seeds);
        await writeFile(path, chance.oneIn(3) ? mutateBytes(Buffer.from(seed), chance, donors) : mutateText(seed, chance));
        const group = chance.oneIn(2) ? { groupColumn: 'group' } : {};
        await prepareDataset({ kind: 'table', path, ...group }, store, { name: 'made', licences: [], replace: true });
      },
      close: () => store.close(),
    };
  },
};
