import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { openDataset } from '#data/dataset/dataset.js';
import { prepareDataset, type PrepareOptions, type PrepareSource } from '#data/prepare/prepare-dataset.js';
import type { PrepareAccount } from '#data/prepare/prepare-account.js';
import { openFolderStore, type FolderStore } from './small-dataset.js';

/** What came of a source. */
export interface Outcome {
  /** Captions and group of each pair. */
  readonly pairs: readonly (readonly [captions: string, group?: string])[];
  /** Reasons by origin, the source's folder left out. */
  readonly skipped: Readonly<Record<string, string>>;
  readonly account: PrepareAccount;
}

/** A folder for a source, and a store for what is made of it. `close` removes both. */
export interface OwnSource {
  readonly folder: string;
  readonly target: FolderStore;
  place(files: Readonly<Record<string, string | Uint8Array>>): Promise<void>;
  prepared(from: PrepareSource, options?: Partial<PrepareOptions>): Promise<Outcome>;
  close(): Promise<void>;
}

export async function openOwnSource(): Promise<OwnSource> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-own-'));
  const target = await openFolderStore();
  return {
    folder,
    target,
    async place(files) {
      for (const [name, content] of Object.entries(files)) {
        await mkdir(dirname(join(folder, name)), { recursive: true });
        await writeFile(join(folder, name), content);
      }
    },
    async prepared(from, options) {
      const all = { name: 'own', licences: [], replace: true, ...options };
      const { manifest, account } = await prepareDataset(from, target.store, all);
      const dataset = await openDataset(target.store);
      const pairs: Outcome['pairs'][number][] = [];
      for (let at = 0; at < dataset.pairs; at++) {
        const { captions, group } = await dataset.sample(at);
        pairs.push(group === undefined ? [captions.join('|')] : [captions.join('|'), group]);
      }
      const skipped = Object.fromEntries(
        manifest.skipped.samples.map(({ key, reason }) => [key.replace(`${folder}/`, ''), reason]),
      );
      return { pairs, skipped, account };
    },
    async close() {
      await target.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A tar of these members, in their order. */
export async function tarOfMembers(members: readonly (readonly [string, string | Uint8Array])[]): Promise<Uint8Array> {
  const tar = pack();
  const bytes = buffer(tar);
  for (const [name, content] of members) tar.entry({ name }, Buffer.from(content));
  tar.finalize();
  return bytes;
}
