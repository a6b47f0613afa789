import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { CaptionSource } from '#corpus/curate/caption-source.js';
import { isJsonLines } from '#corpus/curate/caption-table.js';
import type { Curation } from '#corpus/curate/curation.js';
import { captionsOf, writeKeptPairs } from '#corpus/curate/dataset-curation.js';
import { captionsOfTable, writeKeptRows } from '#corpus/curate/table-curation.js';
import type { LeftOutBook } from '#corpus/source/left-out.js';
import { openDataset } from '#data/dataset/dataset.js';
import { manifestKey } from '#data/dataset/dataset-manifest.js';
import { clearTarget } from '#data/prepare/prepare-dataset.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { canonicalUrl, openStore, type StoreAccess } from '#store/open-store.js';
import { joinUrl } from '#store/store-url.js';
import type { Store } from '#store/store.js';
import type { CurateOptions } from './curate-options.js';

/** What was written: a data set or a table, and the place for the report. */
export interface Written {
  readonly kind: 'data set' | 'table';
  readonly url: string;
  readonly reports: Store;
}

/** Where pairs come from and where those that are kept go. */
export interface CurationPlace {
  readonly captions: CaptionSource;
  /** Undefined where there is no target: then matches are only counted. */
  readonly write: ((curation: Curation, onPairs: (pairs: number) => void) => Promise<Written>) | undefined;
  close(): Promise<void>;
}

export async function openCurationPlace(
  source: string,
  target: string | undefined,
  options: CurateOptions,
  access: StoreAccess,
  book: LeftOutBook,
): Promise<CurationPlace> {
  const isTable = /\.(csv|tsv|jsonl)(\.gz|\.bz2)?$/i.test(source);
  return isTable ? tablePlace(source, target, options, access, book) : datasetPlace(source, target, options, access);
}

async function datasetPlace(
  source: string,
  target: string | undefined,
  { replace, name }: CurateOptions,
  access: StoreAccess,
): Promise<CurationPlace> {
  if (target !== undefined && canonicalUrl(source, access) === canonicalUrl(target, access))
    throw refusal(`expected a place of its own for what is kept, got that of the source, ${target}`);
  const from = openStore(source, access);
  const into = target === undefined ? undefined : openStore(target, access);
  if (into && !replace && (await into.size(manifestKey)) !== undefined)
    throw refusal(`expected no data set at ${into.url}, found one`, 'Overwrite it with --replace.');
  const dataset = await openDataset(from);
  return {
    captions: captionsOf(dataset),
    write:
      into &&
      (async ({ kept }, onPairs) => {
        await clearTarget(into);
        await writeKeptPairs(dataset, kept, into, name ?? basename(target!.replace(/\/+$/, '')), onPairs);
        return { kind: 'data set', url: into.url, reports: openStore(joinUrl(into.url, 'curation'), access) };
      }),
    async close() {
      await from.close();
      await into?.close();
    },
  };
}

function tablePlace(
  source: string,
  target: string | undefined,
  options: CurateOptions,
  access: StoreAccess,
  book: LeftOutBook,
): CurationPlace {
  const { captionColumn, keyColumn, encoding, imageColumn, replace } = options;
  const table = { path: source, captionColumn, keyColumn, encoding };
  if (target !== undefined) checkTable(source, target, replace);
  return {
    captions: captionsOfTable(table, target ?? source, imageColumn, book),
    write:
      target === undefined
        ? undefined
        : async ({ kept }) => {
            await writeKeptRows(table, kept, target);
            const stem = basename(target).replace(/\.\w+$/, '');
            const reports = openStore(resolve(dirname(target), `${stem}-curation`), access);
            return { kind: 'table', url: target, reports };
          },
    close: async () => undefined,
  };
}

function checkTable(source: string, target: string, replace: boolean): void {
  const ending = isJsonLines(source) ? '.jsonl' : '.csv';
  if (!target.toLowerCase().endsWith(ending))
    throw refusal(`expected a target that ends with ${ending}, got ${target}`);
  if (resolve(source) === resolve(target)) throw refusal(`expected another target than the source, got ${target}`);
  if (!replace && existsSync(target)) throw refusal(`expected nothing at ${target}, found a file`, 'Give --replace.');
}

function refusal(message: string, help = 'Name another target.'): TandemError {
  return new TandemError({ code: ErrorCode.ConfigInvalid, message: `Curate: ${message}.`, help });
}
