import { existsSync } from 'node:fs';
import { InvalidArgumentError, type Command } from 'commander';
import { agentToken, defaultUserAgent, webOptions } from '#download/download-web.js';
import { checkLanguages } from '#data/text/caption-language.js';
import { checkEncoding } from '#data/prepare/text-encoding.js';
import { downloadList, type DownloadOptions } from '#download/download-list.js';
import { distanceMax } from '#data/image/look-alikes.js';
import { shardPicturesMax } from '#download/shards/shard-names.js';
import { disallowedDirectives } from '#download/web/robots-tag.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { CommandContext } from '../command-context.js';
import { countUpTo } from '../command-options.js';
import { downloadOnPool } from './download-pool.js';
import type { DownloadCommandOptions } from './download-options.js';
import { interrupted, watchInterrupt } from '../terminal/interrupt.js';
import { downloadProgressText, downloadText } from './download-text.js';
import { partOf } from './part.js';
import { character, names } from './prepare-source.js';

/** `tandem dataset download`. */
export function addDownloadCommand(dataset: Command, context: CommandContext): void {
  dataset
    .command('download')
    .description('download the pictures of a list of URLs into tars, which `tandem dataset prepare` reads')
    .argument('<list>', 'table of URLs and captions: .csv, .tsv or .jsonl, also as .gz or .bz2, .json or .parquet')
    .argument('<target>', 'folder or s3://BUCKET/PREFIX for the tars; the same one to go on with a download')
    .option('--url-column <name>', 'column with the URLs; url, or the one of a usual name')
    .option('--caption-column <names>', 'column with the captions, or several with commas between; of a usual name')
    .option('--group-column <name>', 'column with the groups, which are the classes of a zero-shot evaluation')
    .option('--separator <character>', 'what is between cells, or tab; found if left out', character)
    .option('--escape <character>', 'what is before a quotation mark that ends no cell, such as \\', character)
    .option('--no-header', 'the first row is a pair; columns are named by their numbers')
    .option('--encoding <name>', 'encoding of the list; UTF-8 if left out')
    .option('--language <codes>', 'take captions in these languages only: en, or en,de', names)
    .option(
      '--part <part/parts>',
      'download only these shards, for example 2/8 on the second of eight machines',
      partOf,
    )
    .option('--shard-pictures <n>', 'pictures of the list for each tar', countUpTo(shardPicturesMax), shardPicturesMax)
    .option('--shortest-side <pixels>', 'scale larger images down to this shortest side', countUpTo(8192))
    .option('--pixels-max <n>', 'refuse images of more pixels; 100,000,000 if left out', countUpTo(10_000_000_000))
    .option('--connections <n>', 'pictures that are downloaded at once', countUpTo(10_000), 64)
    .option('--per-host <n>', 'of these, from one host', countUpTo(10_000), 4)
    .option('--timeout <seconds>', 'time for a picture', countUpTo(3600), 30)
    .option('--bytes-max <n>', 'refuse pictures of more bytes', countUpTo(2 ** 30), 16 * 2 ** 20)
    .option('--retries <n>', 'how often a failure that can pass is tried again in this call', zeroUpTo(10), 2)
    .option('--duplicate-distance <bits>', 'bits in which hashes of duplicates may differ', zeroUpTo(distanceMax), 0)
    .option('--keep-duplicates', 'keep pictures that look like an earlier one')
    .option('--ignore-robots', 'do not ask for robots.txt')
    .option(
      '--disallowed-directives <names>',
      'values of X-Robots-Tag by which a picture is not taken, or none',
      (text: string) => (text === 'none' ? [] : names(text.toLowerCase())),
      disallowedDirectives,
    )
    .option('--user-agent <text>', 'what servers are told', defaultUserAgent)
    .option('--allow-private', 'let requests go to private, loopback and link-local addresses too')
    .option('--workers <n>', 'download with so many worker processes of its own', countUpTo(256))
    .option('--url <url>', 'download with the workers of the coordinator at this address')
    .option('--api-key <key>', 'a key that the coordinator printed or `tandem keys` made (TANDEM_API_KEY)')
    .option('--json', 'print the result as one JSON document')
    .action(async (list: string, target: string, options: DownloadCommandOptions) => {
      await download(list, target, options, context);
    });
}

async function download(
  list: string,
  target: string,
  options: DownloadCommandOptions,
  context: CommandContext,
): Promise<void> {
  const { terminal, command } = context;
  if (options.encoding !== undefined) checkEncoding(options.encoding);
  if (options.language) await checkLanguages(options.language);
  if (options.url === undefined && !list.startsWith('s3:') && !existsSync(list))
    throw new TandemError({
      code: ErrorCode.ConfigInvalid,
      message: `Download: expected a list at ${list}, found nothing.`,
      help: '`tandem dataset download --help` says what a list can be.',
    });
  const startMs = performance.now();
  const seconds = (): number => (performance.now() - startMs) / 1000;
  const interrupt = watchInterrupt();
  try {
    const account = isForPool(list, target, options)
      ? await downloadOnPool(list, target, options, context, interrupt.signal)
      : await downloadList(
          tableOf(list, options),
          { ...settingsOf(target, options), signal: interrupt.signal },
          (progress) => terminal.update(downloadProgressText(progress, seconds())),
        );
    const outcome = { account, list, target, seconds: seconds(), part: options.part };
    terminal.result({ target, ...account, seconds: outcome.seconds }, downloadText(outcome, command));
  } catch (thrown) {
    if (!interrupt.signal.aborted) throw thrown;
    throw interrupted('Stopped by Ctrl-C: what was downloaded is kept', 'The same command goes on from there.');
  } finally {
    interrupt.close();
  }
}

/** A folder of this machine this process fills itself, if nobody else is asked to. */
function isForPool(list: string, target: string, { workers, url }: DownloadCommandOptions): boolean {
  return workers !== undefined || url !== undefined || [list, target].some((place) => place.startsWith('s3:'));
}

function tableOf(path: string, options: DownloadCommandOptions): Parameters<typeof downloadList>[0] {
  const { urlColumn: imageColumn, captionColumn, groupColumn, separator, escape, header, encoding, language } = options;
  const columns = { images: 'urls' as const, imageColumn, captionColumn, groupColumn, hasHeading: header };
  return { path, ...columns, separator, escape, languages: language, ...(encoding !== undefined && { encoding }) };
}

function settingsOf(folder: string, options: DownloadCommandOptions): Omit<DownloadOptions, 'signal'> {
  const { shardPictures, shortestSide, pixelsMax, connections, perHost, bytesMax, retries, userAgent } = options;
  return {
    ...{
      folder,
      shardPictures,
      shortestSide,
      pixelsMax,
      connections,
      bytesMax,
      retries,
      agentToken,
    },
    ...(options.part ?? { part: 1, parts: 1 }),
    ...webOptions({
      ...{ userAgent, perHost, timeoutMs: options.timeout * 1000 },
      allowsPrivateAddresses: options.allowPrivate ?? false,
    }),
    ignoreRobots: options.ignoreRobots ?? false,
    disallowed: options.disallowedDirectives,
    duplicateDistance: options.keepDuplicates ? undefined : options.duplicateDistance,
  };
}

function zeroUpTo(max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from 0 to ${max}.`);
  };
}
