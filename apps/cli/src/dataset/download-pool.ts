import type { ApiClient } from '#cluster/api-client.js';
import type { DownloadAccount } from '#download/download-account.js';
import type { DownloadConfigInput } from '#protocol/document/download-config.js';
import { locationFrom } from '#protocol/run/document-places.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { CommandContext } from '../command-context.js';
import { connect } from '../command-options.js';
import { followRun, runFailure } from '../run/follow-run.js';
import { startOwnCluster } from '../own-cluster.js';
import type { DownloadCommandOptions } from './download-options.js';

/**
 * Downloads a list with the workers of a coordinator, or with some of this command's own: submits a run, follows it,
 * and removes it where it is complete. Throws the run's error, and CONFIG_INVALID for options that a pool does not
 * have.
 */
export async function downloadOnPool(
  list: string,
  target: string,
  options: DownloadCommandOptions,
  context: CommandContext,
  signal: AbortSignal,
): Promise<DownloadAccount> {
  refuseOptions(options);
  const { url, apiKey, allowPrivate, workers = 1 } = options;
  const own =
    url === undefined
      ? await startOwnCluster(workers, context, { TANDEM_ALLOW_PRIVATE_ADDRESSES: String(allowPrivate ?? false) })
      : undefined;
  try {
    const api =
      own?.cluster.api ??
      connect({ ...(url !== undefined && { url }), ...(apiKey !== undefined && { apiKey }) }, context);
    return await followDownload(api, documentOf(list, target, options), {
      context,
      signal,
      failure: own?.cluster.failure,
    });
  } finally {
    await own?.stop();
  }
}

interface Following {
  readonly context: CommandContext;
  readonly signal: AbortSignal;
  readonly failure: Promise<never> | undefined;
}

async function followDownload(
  api: ApiClient,
  document: DownloadConfigInput,
  { context, signal, failure }: Following,
): Promise<DownloadAccount> {
  const { terminal, command } = context;
  const { id } = await api.submit(document);
  const stopText = '  Stopping; what was downloaded is kept. Ctrl-C again stops at once.';
  const { status } = await followRun({ api, id, terminal, signal, stopText, ...(failure && { failure }) });
  const problem = runFailure(status, { resume: command('runs', 'resume', id), command });
  // What was downloaded is in the target, tars and pictures of those that are not whole. The rest is no use to anybody.
  await api.remove(id).catch(() => undefined);
  if (problem) throw problem;
  return status.download!;
}

function documentOf(list: string, target: string, options: DownloadCommandOptions): DownloadConfigInput {
  const place = (location: string): string => locationFrom(process.cwd(), location);
  const { urlColumn, captionColumn, groupColumn, separator, escape, header, encoding, language } = options;
  const { shardPictures, shortestSide, pixelsMax, connections, perHost, bytesMax, retries, userAgent } = options;
  const given = {
    ...{ urlColumn, captionColumn, groupColumn, separator, escape, header, encoding, shortestSide, pixelsMax },
    ...{ shardPictures, connections, perHost, bytesMax, retries, userAgent },
    languages: language && [...language],
    timeoutMs: options.timeout * 1000,
    duplicateDistance: options.keepDuplicates ? null : options.duplicateDistance,
    ignoreRobots: options.ignoreRobots ?? false,
    disallowedDirectives: [...options.disallowedDirectives],
  };
  const download = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { name: 'download', store: place(target), download: { ...download, list: place(list) } };
}

function refuseOptions({ part, url, workers, allowPrivate }: DownloadCommandOptions): void {
  const refuse = (got: string, help: string): never => {
    throw new TandemError({
      code: ErrorCode.ConfigInvalid,
      message: `Download: expected a download with one pool, got ${got}.`,
      help,
    });
  };
  if (part) refuse('--part as well', 'Leave --part out: the workers of the pool share the list.');
  if (url !== undefined && workers !== undefined)
    refuse('both --url and --workers', 'Give --url for the workers of a coordinator, --workers for some of its own.');
  if (url !== undefined && allowPrivate)
    refuse(
      '--allow-private for the workers of others',
      'Who operates a worker lets it ask private addresses: TANDEM_ALLOW_PRIVATE_ADDRESSES=true.',
    );
}
