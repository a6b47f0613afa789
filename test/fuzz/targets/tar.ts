import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareDataset } from '#data/prepare/prepare-dataset.js';
import { openStore } from '#store/open-store.js';
import { squareImage } from '../../support/models/tiny-clip.js';
import type { Chance } from '../chance.js';
import { mutateBytes, overwriteNumber } from '../mutate-bytes.js';
import { mutateJson } from '../mutate-document.js';
import { headersOf, resealHeader, tarOf } from '../tar-bytes.js';
import type { Target } from '../target.js';

/** Tars of webdataset, prepared as a data set. */
export const tar: Target = {
  cases: 250,
  async open(folder) {
    const image = await squareImage('red');
    const sidecar = { caption: 'a red square', group: 7, more: { width: 20 } };
    const members = {
      'a/1.png': image,
      'a/1.json': JSON.stringify(sidecar),
      'a/2.png': image,
      'a/2.txt': 'one\ntwo\n',
      'a/3.jpg': image,
    };
    const seeds = [
      await tarOf(members),
      await tarOf({ [`${'long/'.repeat(30)}1.png`]: image, 'ünï/2.png': image, 'ünï/2.txt': 'two' }),
      await tarOf({ '1.png': image, '1.txt': 'one' }, { pax: { comment: 'x', size: '4' } }),
    ];
    const store = openStore(join(folder, 'made'));
    const path = join(folder, 'shard.tar');
    return {
      async run(chance) {
        const bytes = chance.oneIn(4)
          ? await tarOf({ ...members, 'a/1.json': mutateJson(sidecar, chance) })
          : damaged(chance.pick(seeds), chance, seeds);
        await writeFile(path, bytes);
        await prepareDataset({ kind: 'tar', path }, store, {
          name: 'made',
          licences: [],
          replace: true,
        });
      },
      close: () => store.close(),
    };
  },
};

/** Offsets in a header of name, size, time, checksum, kind, link and so on. */
const fields = [
  [0, 100],
  [100, 8],
  [108, 8],
  [116, 8],
  [124, 12],
  [136, 12],
  [156, 1],
  [157, 100],
  [257, 8],
  [345, 155],
] as const;
const fieldTexts = [
  '',
  '0',
  '77777777777',
  '-1',
  '00000000000',
  '9'.repeat(12),
  '\xff'.repeat(12),
  '\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff',
  '../../etc/passwd',
  '.',
  'x'.repeat(100),
  'L',
  'x',
  'g',
  'K',
  'S',
  '5',
];

function damaged(seed: Buffer, chance: Chance, donors: readonly Buffer[]): Buffer {
  if (chance.oneIn(3)) return mutateBytes(seed, chance, donors);
  const bytes = Buffer.from(seed);
  const changes = 1 + chance.below(3);
  for (let i = 0; i < changes; i++) {
    const at = chance.pick(headersOf(seed));
    const [offset, length] = chance.pick(fields);
    if (chance.oneIn(3)) overwriteNumber(bytes, at + offset + chance.below(length), chance);
    else
      bytes
        .fill(0, at + offset, at + offset + length)
        .write(chance.pick(fieldTexts).slice(0, length), at + offset, 'latin1');
    resealHeader(bytes, at);
  }
  return bytes;
}
