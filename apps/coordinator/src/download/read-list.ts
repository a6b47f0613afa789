import { basename, join } from 'node:path';
import { z } from 'zod';
import type { PairTable } from '#data/prepare/table/table-rows.js';
import { checkEncoding } from '#data/prepare/text-encoding.js';
import { checkLanguages } from '#data/text/caption-language.js';
import { downloadBook } from '#download/download-account.js';
import { requireSameSettings, settingsName } from '#download/download-settings.js';
import { numberedPictures, type NumberedPicture } from '#download/numbered-pictures.js';
import { encodeShardList } from '#download/shards/shard-list.js';
import type { DownloadConfig } from '#protocol/document/download-config.js';
import { parseJson } from '#protocol/input/json-text.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { openStore, placeOf, type StoreAccess } from '#store/open-store.js';
import { runKeys } from '#store/run/keys.js';
import type { Store } from '#store/store.js';
import { splitUrl, urlOf } from '#store/store-url.js';
import { appendPieces, type ScratchFiles } from './scratch-files.js';

const tally = z.strictObject({ what: z.string(), count: z.int(), examples: z.array(z.string()) });
const readListSchema = z.strictObject({
  tars: z.int().min(0),
  leftOut: z.array(tally),
  said: z.array(z.string()),
});
/** What a list was found to be. */
export type ReadList = z.infer<typeof readListSchema>;

export interface ReadListOptions {
  readonly id: string;
  readonly config: DownloadConfig;
  readonly store: Store;
  readonly storeAccess: StoreAccess;
  readonly scratch: ScratchFiles;
  readonly signal: AbortSignal;
}

/**
 * Reads the list of a download, once for each run, and writes for each tar the list of its pictures into the store,
 * where workers read them. Throws CONFIG_INVALID where the tars in the store are of another list or other settings, and
 * what reading a table throws.
 */
export async function readList(options: ReadListOptions): Promise<ReadList> {
  const { id, config, store, storeAccess, scratch, signal } = options;
  const keys = runKeys(id);
  if ((await store.size(keys.lists)) !== undefined) return readListSchema.parse(parseJson(await store.get(keys.lists)));
  const { encoding, languages, shardPictures, shortestSide } = config.download;
  if (encoding !== undefined) checkEncoding(encoding);
  if (languages) await checkLanguages(languages);
  const table = tableOf(config, await listFile(config.download.list, storeAccess, scratch));
  await scratch.forget(settingsName);
  const isGoingOn = await scratch.fetch(settingsName);
  await requireSameSettings(scratch.folder, table, { shardPictures, shortestSide }, store.url);
  if (!isGoingOn) await scratch.put(settingsName);
  const book = downloadBook();
  let pictures: NumberedPicture[] = [];
  let tars = 0;
  const writeTarList = async (): Promise<void> => {
    if (pictures.length === 0) return;
    await store.put(keys.list(tars), encodeShardList(pictures));
    pictures = [];
    tars++;
  };
  const report = { ignored: () => undefined, say: book.say, reached: () => undefined };
  for await (const picture of numberedPictures(table, shardPictures, book, report)) {
    signal.throwIfAborted();
    if (picture.number !== tars) await writeTarList();
    pictures.push(picture);
  }
  await writeTarList();
  const { leftOut, said } = book.account();
  const read = readListSchema.parse({ tars, leftOut, said });
  await store.put(keys.lists, new TextEncoder().encode(JSON.stringify(read)), { durable: true });
  return read;
}

/** The path of the list: a list in S3 is copied here first. */
async function listFile(list: string, access: StoreAccess, scratch: ScratchFiles): Promise<string> {
  const place = placeOf(list, access);
  if (place.kind === 'file') return place.directory;
  const { storeUrl, name } = splitUrl(list);
  const store = openStore(storeUrl, access);
  try {
    await scratch.forget(name);
    await appendPieces(join(scratch.folder, name), store.getPieces(name));
    return join(scratch.folder, basename(name));
  } catch (cause) {
    if (!(cause instanceof TandemError && cause.code === ErrorCode.NotFound)) throw cause;
    throw new TandemError({
      code: ErrorCode.NotFound,
      message: `download.list: expected a list at ${urlOf(store, name)}, found nothing.`,
      help: 'Name a table of URLs and captions: .csv, .tsv or .jsonl, also as .gz or .bz2, .json or .parquet.',
      cause,
    });
  } finally {
    await store.close();
  }
}

function tableOf({ download }: DownloadConfig, path: string): PairTable {
  const { urlColumn: imageColumn, captionColumn, groupColumn, separator, escape, header, encoding } = download;
  const columns = { images: 'urls' as const, imageColumn, captionColumn, groupColumn, hasHeading: header };
  const { languages } = download;
  return { path, ...columns, separator, escape, languages, ...(encoding !== undefined && { encoding }) };
}
