import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '#data/dataset/canonical-json.js';
import { openDataset, type Dataset } from '#data/dataset/dataset.js';
import type { DatasetManifest } from '#data/dataset/dataset-manifest.js';
import { openStore } from '#store/open-store.js';
import type { Store } from '#store/store.js';
import { writeSmallDataset } from '../../support/models/small-dataset.js';
import type { Chance } from '../chance.js';
import { mutateBytes } from '../mutate-bytes.js';
import { mutateJson } from '../mutate-document.js';
import type { Target } from '../target.js';

/** How many pairs of a data set are read, and the size of a batch. */
const looked = 12;

/**
 * Data sets in which one file is changed: the manifest, an index of a shard, or the groups. The rest is valid.
 */
export const dataset: Target = {
  cases: 300,
  async open(root) {
    const datasets = [await written(join(root, 'grouped'), true), await written(join(root, 'plain'), false)];
    return {
      async run(chance) {
        const { folder, store, files, manifest } = chance.pick(datasets);
        const changed = await change(folder, files, manifest, chance);
        try {
          await lookAt(
            await openDataset(store, { decodedBytes: 2 ** 20, tarBytes: chance.oneIn(2) ? 2 ** 20 : 0, openShards: 2 }),
          );
        } finally {
          for (const name of changed) await writeFile(join(folder, name), files.get(name)!);
        }
      },
      close: async () => void (await Promise.all(datasets.map(({ store }) => store.close()))),
    };
  },
};

interface Written {
  readonly folder: string;
  readonly store: Store;
  readonly files: ReadonlyMap<string, Buffer>;
  readonly manifest: DatasetManifest;
}

async function written(folder: string, isGrouped: boolean): Promise<Written> {
  const store = openStore(folder);
  const manifest = await writeSmallDataset(
    store,
    6,
    (sample, number) => (isGrouped ? { ...sample, group: `group ${number % 3}` } : sample),
    2000,
  );
  const names = [
    'dataset.json',
    ...(isGrouped ? ['groups.json'] : []),
    manifest.shards[0]!.index.key,
    manifest.shards[0]!.tar.key,
  ];
  const files = new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)),
  );
  return { folder, store, files, manifest };
}

async function change(
  folder: string,
  files: ReadonlyMap<string, Buffer>,
  manifest: DatasetManifest,
  chance: Chance,
): Promise<readonly string[]> {
  const name = chance.pick([...files.keys()]);
  const old = files.get(name)!;
  const bytes =
    name.endsWith('.tar') || chance.oneIn(6)
      ? mutateBytes(old, chance)
      : Buffer.from(mutateJson(JSON.parse(old.toString('utf8')), chance));
  await writeFile(join(folder, name), bytes);
  if (name === 'dataset.json' || chance.oneIn(6)) return [name];
  await writeFile(join(folder, 'dataset.json'), JSON.stringify(resealed(manifest, name, bytes)));
  return [name, 'dataset.json'];
}

/** The manifest with the hash of a changed file. Otherwise the reader would stop at the wrong hash. */
function resealed(manifest: DatasetManifest, name: string, bytes: Buffer): DatasetManifest {
  const identity = { bytes: bytes.length, sha256: sha256(bytes) };
  const [first, ...others] = manifest.shards;
  if (name === 'groups.json') return { ...manifest, groups: { ...manifest.groups!, ...identity } };
  const part = name.endsWith('.tar')
    ? { tar: { ...first!.tar, ...identity } }
    : { index: { ...first!.index, ...identity } };
  return { ...manifest, shards: [{ ...first!, ...part }, ...others] };
}

async function lookAt({ pairs, groups, sample, decoded, captions }: Dataset): Promise<void> {
  for (let at = 0; at < Math.min(looked, pairs); at++) {
    const place = at % 2 === 0 ? at >> 1 : pairs - 1 - (at >> 1);
    await sample(place);
    await decoded(place, 8);
    const group = groups?.ofPair[place];
    if (group !== undefined && groups!.pairsOf(group).indexOf(place) < 0)
      throw new Error(`pair ${place} is not in its group, ${group}`);
  }
  for await (const _ of captions());
}
