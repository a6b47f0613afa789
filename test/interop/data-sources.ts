import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDataset } from '#data/dataset/dataset.js';
import { prepareDataset, type PrepareSource } from '#data/prepare/prepare-dataset.js';
import { isTarName } from '#data/prepare/tar/tar-source.js';
import { isTableName } from '#data/prepare/unread-kinds.js';
import type { Store } from '#store/store.js';

/** A picture, by its bytes, and its captions. */
export interface DataPair {
  readonly sha256: string;
  readonly captions: readonly string[];
}

/** Data that a tool wrote, and the pairs that it reads of it. */
export interface DataSource {
  /** Below the folder of make_data_fixtures.py. */
  readonly path: string;
  readonly tool: string;
  /** What prepare has to be told. */
  readonly options: object;
  readonly pairs: readonly DataPair[];
}

export interface DataFile {
  readonly versions: Readonly<Record<string, string>>;
  /** Tools that were not installed, and wrote nothing. */
  readonly missing?: readonly string[];
  readonly sources: readonly DataSource[];
}

/** expected.json of make_data_fixtures.py. */
export function dataFile(folder: string): DataFile {
  return JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as DataFile;
}

/** The pairs that prepare makes of a source, in their order, and the reasons of those that it leaves out. */
export async function preparedPairs(
  folder: string,
  { path, options }: DataSource,
  target: Store,
): Promise<{ readonly pairs: readonly DataPair[]; readonly leftOut: readonly string[] }> {
  const kind = isTableName(path) ? 'table' : isTarName(path) ? 'tar' : 'folder';
  const from = { kind, path: join(folder, path), ...options } as PrepareSource;
  const { manifest } = await prepareDataset(from, target, { name: 'all', licences: [], replace: true });
  const dataset = await openDataset(target);
  const pairs: DataPair[] = [];
  for (let at = 0; at < dataset.pairs; at++) {
    const { image, captions } = await dataset.sample(at);
    pairs.push({ sha256: createHash('sha256').update(image).digest('hex'), captions });
  }
  return { pairs, leftOut: manifest.skipped.samples.map(({ reason }) => reason) };
}
