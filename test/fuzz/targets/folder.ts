import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareDataset } from '#data/prepare/prepare-dataset.js';
import { openStore } from '#store/open-store.js';
import { squareImage } from '../../support/models/tiny-clip.js';
import { mutateBytes } from '../mutate-bytes.js';
import { mutateJson, mutateText } from '../mutate-document.js';
import type { Target } from '../target.js';

const sidecar = { captions: ['a red square', 'red'], caption: 'x', text: 'y', group: 'reds', width: 20 };

/** Folders of images with their sidecar files, prepared as a data set. */
export const folder: Target = {
  cases: 250,
  async open(root) {
    const image = await squareImage('red');
    const store = openStore(join(root, 'made'));
    const from = join(root, 'images');
    return {
      async run(chance) {
        await rm(from, { recursive: true, force: true });
        await mkdir(join(from, 'reds'), { recursive: true });
        await writeFile(join(from, 'reds/a.png'), image);
        await writeFile(
          join(from, 'reds/a.json'),
          chance.oneIn(4) ? mutateBytes(Buffer.from(JSON.stringify(sidecar)), chance) : mutateJson(sidecar, chance),
        );
        await writeFile(join(from, 'b.jpg'), chance.oneIn(3) ? mutateBytes(image, chance) : image);
        await writeFile(join(from, 'b.txt'), mutateText('one caption\n\nanother\n', chance));
        if (chance.oneIn(10)) await mkdir(join(from, 'c.png'));
        if (chance.oneIn(10)) await mkdir(join(from, 'd.json'));
        await prepareDataset({ kind: 'folder', path: from, groupByFolder: chance.oneIn(2) }, store, {
          name: 'made',
          licences: [],
          replace: true,
        });
      },
      close: () => store.close(),
    };
  },
};
