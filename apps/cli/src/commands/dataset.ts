import { basename, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { manifestKey } from '#data/dataset/dataset-manifest.js';
import { holdOutUnits } from '#data/prepare/hold-out.js';
import { prepareDataset } from '#data/prepare/prepare-dataset.js';
import { openStore, type StoreAccess } from '#store/open-store.js';
import type { CommandContext } from '../command-context.js';
import { countUpTo, s3AccessOf } from '../command-options.js';
import { addCurateCommand } from '../corpus/curate-command.js';
import { addQueriesCommand } from '../corpus/queries-command.js';
import { addDownloadCommand } from '../dataset/download-command.js';
import { addInspectCommands } from '../dataset/inspect/inspect-commands.js';
import { addVerifyCommand } from '../dataset/verify-command.js';
import { heldOutPlace, heldOutTarget, share, type HoldOutOptions } from '../dataset/hold-out-place.js';
import { prepareSource, character, names, type SourceOptions } from '../dataset/prepare-source.js';
import { prepareText, progressText } from '../dataset/prepare-text.js';

interface PrepareCommandOptions extends HoldOutOptions, SourceOptions {
  readonly name?: string;
  readonly shortestSide?: number;
  readonly pixelsMax?: number;
  readonly licence?: string;
  readonly replace?: boolean;
}

export function addDatasetCommand(command: Command, context: CommandContext): Command {
  addQueriesCommand(command, context);
  addCurateCommand(command, context);
  addDownloadCommand(command, context);
  addInspectCommands(command, context);
  addVerifyCommand(command, context);
  return command
    .command('prepare')
    .description('make a data set from a table, a folder of images with captions, or webdataset tars')
    .argument(
      '<source>',
      'table (.csv, .tsv, .jsonl, .json, .parquet), folder of images and tars, or tar (.tar, .tar.gz, .tgz)',
    )
    .argument('<target>', 'where the data set goes: a directory, or a file: or s3: URL')
    .option('--name <name>', 'name of the data set; the last part of the target if left out')
    .option('--image-column <name>', 'table: column with the paths of the images; filepath, or the one of a usual name')
    .option(
      '--caption-column <name>',
      'table: column with the captions, or several with commas between; title, or of a usual name',
    )
    .option('--group-column <name>', 'table: column with the groups, which are the classes of a zero-shot evaluation')
    .option('--image-folder <folder>', 'table: what paths are relative to; the folder of the table if left out')
    .option('--separator <character>', 'table: what is between cells, or tab; found if left out', character)
    .option('--escape <character>', 'table: what is before a quotation mark that ends no cell, such as \\', character)
    .option('--language <codes>', 'table: take captions in these languages only: en, or en,de', names)
    .option('--no-header', 'table: the first row is a pair; columns are named by their numbers')
    .option(
      '--caption-key <names>',
      'folder, tar: endings of files or keys of JSON whose captions are taken, all of them, with commas between',
      names,
    )
    .option('--image-key <names>', 'tar: ending of the picture, such as left.jpg; the first that is there', names)
    .option('--captions-per-line', 'folder, tar: each line of a text file is a caption')
    .option('--group-by-folder', 'folder: the name of the folder an image is in is its group')
    .addOption(
      new Option(
        '--caption-from <what>',
        'folder: what makes the caption of an image without a caption file; red_bicycle-02.png is "red bicycle"',
      ).choices(['name', 'folder', 'both']),
    )
    .option('--encoding <name>', 'encoding of table and captions, such as windows-1252; UTF-8 if left out')
    .option('--pass-over-damaged', 'tars: take what can be read of a damaged one and name it, instead of an error')
    .option('--hold-out <share>', 'keep this share of the pairs for evaluation, as a data set of its own: 0.1', share)
    .addOption(
      new Option(
        '--hold-out-by <what>',
        'what is never on both sides: a picture (if left out), or a group with all its pairs',
      ).choices(holdOutUnits),
    )
    .option('--hold-out-seed <n>', 'another number holds out others; 1 if left out', countUpTo(2 ** 32))
    .option('--hold-out-target <target>', 'where what is held out goes; TARGET-held-out if left out')
    .option('--pixels-max <n>', 'refuse images of more pixels; 100,000,000 if left out', countUpTo(10_000_000_000))
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
  { terminal, environment, command }: CommandContext,
): Promise<void> {
  const from = await prepareSource(source, options);
  const access = s3AccessOf(environment);
  const holdOut = heldOutTarget(options, target, access);
  const store = openStore(target, access);
  const startMs = performance.now();
  const seconds = (): number => (performance.now() - startMs) / 1000;
  try {
    const { manifest, heldOut, account } = await prepareDataset(
      from,
      store,
      {
        name: options.name ?? basename(target.replace(/\/+$/, '')),
        licences:
          options.licence === undefined ? [] : [{ source: basename(resolve(source)), licence: options.licence }],
        shortestSide: options.shortestSide,
        pixelsMax: options.pixelsMax,
        replace: options.replace ?? false,
        holdOut,
      },
      (progress) => terminal.update(progressText(progress, seconds())),
    );
    const apart = heldOut && holdOut && { manifest: heldOut, url: holdOut.target.url, by: holdOut.by };
    const outcome = { manifest, account, source: from, url: store.url, seconds: seconds() };
    const stale = apart ? undefined : await heldOutBefore(target, access);
    terminal.result(
      { url: store.url, ...manifest, account, ...(apart && { heldOut: { url: apart.url, ...apart.manifest } }) },
      prepareText({ ...outcome, heldOut: apart, heldOutBefore: stale, command }),
    );
  } finally {
    await holdOut?.target.close();
    await store.close();
  }
}

/** The URL of a held-out data set that an earlier command has left beside this one. */
async function heldOutBefore(target: string, access: StoreAccess): Promise<string | undefined> {
  const place = heldOutPlace(target, access);
  if (place === undefined) return undefined;
  const store = openStore(place, access);
  try {
    return (await store.size(manifestKey)) === undefined ? undefined : store.url;
  } finally {
    await store.close();
  }
}
