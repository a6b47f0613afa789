import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { datasetWriter } from '#data/dataset/dataset-writer.js';
import { openDataset, type Dataset } from '#data/dataset/dataset.js';
import { requireGroups } from '#data/dataset/required-groups.js';
import { prepareEmojiDatasets } from '#data/prepare/emoji/emoji-datasets.js';
import { readEmojiList } from '#data/prepare/emoji/emoji-list.js';
import { makeFolders } from '#protocol/make-folders.js';
import { openStore } from '#store/open-store.js';
import { packagesFolder } from '../demo/demo-folder.js';

/** What the walk begins with. */
export interface PaperData {
  /** Drawings in seven styles with their captions: what there is to train on. The group of a pair is its emoji. */
  readonly train: string;
  /** Drawings in one of these styles, and in one that is never trained on. The groups are categories. */
  readonly seen: string;
  readonly heldOut: string;
  /** The held-out style again, with the names of emoji as groups. */
  readonly heldOutNames: string;
  /** Names and tags of emoji as text, a line each. */
  readonly corpus: string;
  /** Images of the smallest category in `seen`. */
  readonly imagesMin: number;
}

/** Draws the emoji of the demo's packages, of them every so many-th, and writes their names and tags as a corpus. */
export async function preparePaperData(
  folder: string,
  every: number,
  onProgress: (drawings: number) => void,
): Promise<PaperData> {
  const places = { train: join(folder, 'drawings'), heldOut: join(folder, 'held-out'), seen: join(folder, 'seen') };
  const [corpus, heldOutNames] = [join(folder, 'corpus'), join(folder, 'held-out-names')];
  for (const place of [...Object.values(places), corpus, heldOutNames])
    await rm(place, { recursive: true, force: true });
  const [train, heldOut, seen] = [openStore(places.train), openStore(places.heldOut), openStore(places.seen)];
  try {
    await prepareEmojiDatasets(
      { packages: packagesFolder, train, heldOut, seen, every, classes: 'categories' },
      ({ stored, skipped }) => onProgress(stored + skipped),
    );
    await makeFolders(corpus);
    const lines = (await readEmojiList(packagesFolder)).map(({ label, tags }) => `${label}. ${tags.join(', ')}.\n`);
    await writeFile(join(corpus, 'emoji.txt'), lines.join(''));
    const { names, pairsOf } = requireGroups(await openDataset(seen));
    await writeNamed(await openDataset(heldOut), heldOutNames);
    return { ...places, heldOutNames, corpus, imagesMin: Math.min(...names.map((_, group) => pairsOf(group).length)) };
  } finally {
    for (const store of [train, heldOut, seen]) await store.close();
  }
}

/** The same pairs with their names, which are their first captions, as groups. */
async function writeNamed(dataset: Dataset, target: string): Promise<void> {
  const store = openStore(target);
  const writer = datasetWriter(store, { name: 'emoji-held-out-names', licences: [...dataset.licences] });
  for (let index = 0; index < dataset.pairs; index++) {
    const { key, image, captions } = await dataset.sample(index);
    await writer.add({ key, image, extension: 'png', captions, group: captions[0]! });
  }
  await writer.finish();
  await store.close();
}
