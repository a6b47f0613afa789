import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { z } from 'zod';
import { openTarFile, type TarFile } from '#data/prepare/tar/tar-file.js';
import { tarMembers } from '#data/prepare/tar/tar-members.js';
import { shownName } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { pictureEntrySchema, shardStats, shardStatsSchema, type PictureEntry } from './picture-entry.js';
import { spoolName, statsName, tarName } from './shard-names.js';
import { openSpool, type Spool, type SpoolPlace } from './spool.js';
import { writeWhole } from './whole-file.js';

/** The files of a pair beside its picture. */
export interface PairFiles {
  readonly image: Uint8Array;
  /** Caption as `.txt`, and all that is known as `.json`. */
  readonly text: string;
  readonly json: unknown;
}

/**
 * A shard that is being downloaded. What is recorded goes to a spool at once, and to the tar when the shard is
 * finished; so nothing is downloaded twice because a process was killed.
 */
export interface Shard {
  /** What is known of the picture at this place; undefined if nothing is. */
  entry(index: number): PictureEntry | undefined;
  record(index: number, entry: PictureEntry, files?: PairFiles): Promise<void>;
  /** Writes the tar and the statistics of the first `count` pictures, if anything was recorded. */
  finish(count: number): Promise<void>;
  /** Leaves the shard as it is. */
  close(): Promise<void>;
}

const spoolHeader = z.strictObject({
  index: z.int().min(0),
  entry: pictureEntrySchema,
  text: z.string().optional(),
  json: z.unknown().optional(),
});
type SpoolHeader = z.infer<typeof spoolHeader>;

/** What a spool says of a picture, before its bytes. */
export function spoolHeaderOf(index: number, entry: PictureEntry, files?: PairFiles): SpoolHeader {
  return { index, entry, ...(files && { text: files.text, json: files.json }) };
}

/** Opens a shard as earlier calls have left it. */
export async function openShard(folder: string, shard: number): Promise<Shard> {
  const path = (name: (shard: number) => string): string => join(folder, name(shard));
  const entries = new Map<number, PictureEntry>((await readShardStats(folder, shard))?.pictures.entries());
  const spooled = new Map<number, { readonly header: SpoolHeader; readonly place: SpoolPlace }>();
  let spool: Spool | undefined;

  function note(header: SpoolHeader, place: SpoolPlace): void {
    entries.set(header.index, header.entry);
    spooled.set(header.index, { header, place });
  }

  if (existsSync(path(spoolName))) {
    spool = await openSpool(path(spoolName));
    for (const { header, place } of spool.records) note(spoolHeader.parse(header), place);
  }
  let opening: Promise<Spool> | undefined;
  return {
    entry: (index) => entries.get(index),
    async record(index, entry, files) {
      opening ??= spool ? Promise.resolve(spool) : openSpool(path(spoolName));
      spool = await opening;
      const header = spoolHeaderOf(index, entry, files);
      note(header, await spool.append(header, files?.image ?? new Uint8Array()));
    },
    async finish(count) {
      if (!spool) return;
      const pictures = Array.from({ length: count }, (_, index) => entries.get(index)!);
      const read = spool.read;
      await writeTar(path(tarName), pictures, async (index) => {
        const found = spooled.get(index);
        return found && { ...found.header, image: await read(found.place) };
      });
      await writeShardStats(folder, shard, pictures);
      await spool.remove();
      spool = undefined;
    },
    close: async () => spool?.close(),
  };
}

/** The statistics of a shard that was finished; undefined of any other. */
export async function readShardStats(
  folder: string,
  shard: number,
): Promise<{ readonly pictures: readonly PictureEntry[] } | undefined> {
  const path = join(folder, statsName(shard));
  const text = await readFile(path, 'utf8').catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return undefined;
    throw thrown;
  });
  if (text === undefined) return undefined;
  try {
    return shardStatsSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new TandemError({
      code: ErrorCode.DataInvalid,
      message: `Expected statistics of a downloaded shard at ${path}: ${shownName((cause as Error).message)}`,
      help: 'Remove this file and its tar: the shard is downloaded again.',
      cause,
    });
  }
}

async function writeShardStats(folder: string, shard: number, pictures: readonly PictureEntry[]): Promise<void> {
  const text = `${JSON.stringify(shardStats(pictures), null, 1)}\n`;
  await writeWhole(join(folder, statsName(shard)), (file) => file.writeFile(text));
}

/** Takes duplicates out of a finished shard: `of` gives the key of the earlier picture. */
export async function dropDuplicates(
  folder: string,
  shard: number,
  pictures: readonly PictureEntry[],
  of: ReadonlyMap<string, string>,
): Promise<void> {
  const kept = pictures.map((one): PictureEntry => {
    const earlier = of.get(one.key);
    if (one.status !== 'success' || earlier === undefined) return one;
    const { key, url, sha256, phash } = one;
    return { key, url, status: 'duplicate', duplicate_of: earlier, sha256, phash };
  });
  await writeTar(join(folder, tarName(shard)), kept, async () => undefined);
  await writeShardStats(folder, shard, kept);
}

type NewPair = { readonly text?: string | undefined; readonly json?: unknown; readonly image: Uint8Array };

/**
 * Writes the tar of a shard: the pairs of its pictures in their order, from `fresh` or else from the tar that is there.
 * Its bytes are a function of the pairs. A shard without a pair has none.
 */
async function writeTar(
  path: string,
  pictures: readonly PictureEntry[],
  fresh: (index: number) => Promise<NewPair | undefined>,
): Promise<void> {
  const before = existsSync(path) ? await openTarFile(path) : undefined;
  try {
    if (!pictures.some(({ status }) => status === 'success')) return await rm(path, { force: true });
    const members = before ? await memberPlaces(before) : new Map<string, SpoolPlace>();
    await writeWhole(path, async (file) => {
      for (const [index, one] of pictures.entries()) {
        if (one.status !== 'success') continue;
        const pair = await fresh(index);
        const member = async (ending: string, own: Uint8Array | undefined): Promise<[string, Uint8Array]> => {
          const name = `${one.key}.${ending}`;
          return [name, own ?? (await partAt(before, members.get(name), name))];
        };
        await file.appendFile(
          await packed([
            await member(one.extension, pair?.image),
            await member('txt', pair && Buffer.from(pair.text ?? '')),
            await member('json', pair && Buffer.from(JSON.stringify(pair.json))),
          ]),
        );
      }
      await file.appendFile(new Uint8Array(endBytes));
    });
  } finally {
    await before?.close();
  }
}

async function memberPlaces(tar: TarFile): Promise<Map<string, SpoolPlace>> {
  const places = new Map<string, SpoolPlace>();
  for await (const { name, offset, bytes } of tarMembers(tar)) places.set(name, { offset, bytes });
  return places;
}

async function partAt(tar: TarFile | undefined, place: SpoolPlace | undefined, name: string): Promise<Buffer> {
  if (tar && place) return tar.part(place.offset, place.bytes);
  throw new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Expected ${name} in the tar of its shard, found none.`,
    help: 'Remove the tar and the statistics of this shard: it is downloaded again.',
  });
}

/** Two empty blocks. */
const endBytes = 1024;

/** Members as they are in a tar, without its end. No owner and no time, so that equal pairs make equal bytes. */
async function packed(members: readonly (readonly [name: string, content: Uint8Array])[]): Promise<Buffer> {
  const tar = pack();
  const bytes = buffer(tar);
  for (const [name, content] of members)
    tar.entry({ name, mode: 0o644, uid: 0, gid: 0, mtime: new Date(0) }, Buffer.from(content));
  tar.finalize();
  return (await bytes).subarray(0, -endBytes);
}
