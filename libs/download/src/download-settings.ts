import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { PairTable } from '#data/prepare/table/table-rows.js';
import { shownJson } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { writeWhole } from './shards/whole-file.js';

/** What the contents of the shards depend on beside the web: download.json. All parts and calls must agree on it. */
const settingsSchema = z.strictObject({
  format: z.literal('tandem-download'),
  version: z.literal(1),
  list: z.string(),
  listSha256: z.string(),
  columns: z.array(z.string()),
  shardPictures: z.int().min(1),
  shortestSide: z.int().min(1).nullable(),
});
type Settings = z.infer<typeof settingsSchema>;

/** The file that has them. */
export const settingsName = 'download.json';

/** What each setting is called on the command line. */
const options: Readonly<Partial<Record<keyof Settings, string>>> = {
  listSha256: 'the contents of the list',
  columns: 'the columns or the language',
  shardPictures: '--shard-pictures',
  shortestSide: '--shortest-side',
};

/**
 * Writes the settings of a download into its folder, or checks that they are those of the earlier calls. Throws
 * CONFIG_INVALID where they are not: shards of two lists or sizes would be mixed. `named` is what the folder is called
 * there.
 */
export async function requireSameSettings(
  folder: string,
  list: PairTable,
  { shardPictures, shortestSide }: { readonly shardPictures: number; readonly shortestSide?: number | undefined },
  named = folder,
): Promise<void> {
  const { path, imageColumn, captionColumn, groupColumn, encoding, languages } = list;
  const settings: Settings = {
    format: 'tandem-download',
    version: 1,
    list: basename(path),
    listSha256: await fileSha256(path),
    columns: [imageColumn, captionColumn, groupColumn, encoding, languages?.join()].map((one) => one ?? ''),
    shardPictures,
    shortestSide: shortestSide ?? null,
  };
  const target = join(folder, settingsName);
  const before = await readFile(target, 'utf8').catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code !== 'ENOENT') throw thrown;
    return undefined;
  });
  if (before === undefined)
    return writeWhole(target, (file) => file.writeFile(`${JSON.stringify(settings, null, 2)}\n`));
  const earlier = parsed(before, target);
  const different = Object.entries(options).filter(
    ([name]) => shownJson(earlier[name as keyof Settings]) !== shownJson(settings[name as keyof Settings]),
  );
  if (different.length === 0) return;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message:
      `Download: expected the settings with which the download to ${named} was begun (${earlier.list}), got another ` +
      `for ${different.map(([, option]) => option).join(', ')}.`,
    help: `Give the settings in ${named}/${settingsName}, or name another target.`,
  });
}

function parsed(text: string, path: string): Settings {
  try {
    return settingsSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new TandemError({
      code: ErrorCode.DataInvalid,
      message: `Expected the settings of a download at ${path}, got something else.`,
      help: 'Name another target.',
      cause,
    });
  }
}

async function fileSha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
