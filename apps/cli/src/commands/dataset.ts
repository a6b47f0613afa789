import { readdir, stat } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { DatasetManifest } from '#data/dataset/dataset-manifest.js';
import { prepareDataset, type PrepareSource } from '#data/prepare/prepare-dataset.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { whole } from '#report/figures.js';
import { openStore } from '#store/open-store.js';
import type { CommandContext } from '../command-context.js';
import { countUpTo, s3AccessOf } from '../command-options.js';

interface PrepareCommandOptions {
  readonly name?: string;
  readonly imageColumn?: string;
  readonly captionColumn?: string;
  readonly groupColumn?: string;
  readonly groupByFolder?: boolean;
  readonly shortestSide?: number;
  readonly licence?: string;
  readonly replace?: boolean;
}

export function addDatasetCommand(command: Command, context: CommandContext): Command {
  return command
    .command('prepare')
    .description('make a data set from a CSV or TSV table, a folder of images with captions, or webdataset tars')
    .argument('<source>', 'table (.csv, .tsv), folder, or tar')
    .argument('<target>', 'where the data set goes: a directory, or a file: or s3: URL')
    .option('--name <name>', 'name of the data set; the last part of the target if left out')
    .option('--image-column <name>', 'table: column with the paths of the images', 'filepath')
    .option('--caption-column <name>', 'table: column with the captions', 'title')
    .option('--group-column <name>', 'table: column with the groups, which are the classes of a zero-shot evaluation')
    .option('--group-by-folder', 'folder: the name of the folder an image is in is its group')
    .option('--shortest-side <pixels>', 'scale larger images down to this shortest side', countUpTo(8192))
    .option('--licence <text>', 'licence of the images, stored with the data set')
    .option('--replace', 'overwrite the data set that is at the target')
    .action(async (source: string, target: string, options: PrepareCommandOptions) => {
      await prepare(source, target, options, context);
    });
}

async function prepare(
  source: string,
  target: string,
  options: PrepareCommandOptions,
  { terminal, environment }: CommandContext,
): Promise<void> {
  const from = await sourceOf(source, options);
  const store = openStore(target, s3AccessOf(environment));
  try {
    const manifest = await prepareDataset(
      from,
      store,
      {
        name: options.name ?? basename(target.replace(/\/+$/, '')),
        licences:
          options.licence === undefined ? [] : [{ source: basename(resolve(source)), licence: options.licence }],
        ...(options.shortestSide !== undefined && { shortestSide: options.shortestSide }),
        replace: options.replace ?? false,
      },
      ({ stored, skipped }) => terminal.update(`  ${stored} pairs, ${skipped} left out`),
    );
    terminal.result({ url: store.url, ...manifest }, manifestText(manifest, store.url));
  } finally {
    await store.close();
  }
}

/** The kind of source a path is, from its extension or from the files in the folder. */
async function sourceOf(
  path: string,
  { imageColumn, captionColumn, groupColumn, groupByFolder }: PrepareCommandOptions,
): Promise<PrepareSource> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw refusal(`expected ${path} to be there, found nothing`);
  if (found.isDirectory()) {
    const tars = (await readdir(path)).some((name) => name.endsWith('.tar'));
    return tars
      ? { kind: 'webdataset', paths: [path] }
      : { kind: 'folder', path, groupByFolder: groupByFolder ?? false };
  }
  switch (extname(path).toLowerCase()) {
    case '.csv':
    case '.tsv':
      return {
        kind: 'table',
        path,
        ...(imageColumn && { imageColumn }),
        ...(captionColumn && { captionColumn }),
        ...(groupColumn && { groupColumn }),
      };
    case '.tar':
      return { kind: 'webdataset', paths: [path] };
    default:
      throw refusal(`expected a .csv or .tsv table, a .tar or a folder, got ${path}`);
  }
}

function refusal(what: string): TandemError {
  return new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `Source of a data set: ${what}`,
    help: '`tandem dataset prepare --help` lists what a source can be.',
  });
}

function manifestText({ name, pairs, skipped }: DatasetManifest, url: string): string {
  const left =
    skipped.count === 0
      ? []
      : [`${skipped.count} left out:`, ...skipped.samples.slice(0, 10).map(({ key, reason }) => `  ${key}: ${reason}`)];
  return [`${name}: ${whole(pairs)} pairs in ${url}`, ...left].join('\n');
}
