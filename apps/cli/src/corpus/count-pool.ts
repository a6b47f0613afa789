import { mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { CorpusFile } from '#corpus/source/corpus-files.js';
import type { LeftOutBook } from '#corpus/source/left-out.js';
import { parseJson } from '#protocol/input/json-text.js';
import { locationFrom } from '#protocol/run/document-places.js';
import type { QueriesConfigInput } from '#protocol/document/queries-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { openStore } from '#store/open-store.js';
import { runKeys } from '#store/run/keys.js';
import type { Store } from '#store/store.js';
import type { CommandContext } from '../command-context.js';
import { connect, s3AccessOf } from '../command-options.js';
import { startOwnCluster } from '../own-cluster.js';
import { followRun, runFailure } from '../run/follow-run.js';
import { watchInterrupt } from '../terminal/interrupt.js';

export interface CountPoolOptions {
  readonly workers?: number;
  readonly url?: string;
  readonly apiKey?: string;
  readonly store: string;
  readonly scratch: string;
  readonly wiki: string;
  readonly lineViewsMin: number;
  readonly ignoreCase: boolean;
  readonly encoding?: string;
}

/** Counts of parts that a pool has made, as files of this machine. */
export interface PoolCounts {
  readonly files: readonly CorpusFile[];
  /** Removes them. */
  close(): Promise<void>;
}

/** Has texts and page views counted by a pool: submits a run, follows it, fetches its counts, and removes it. */
export async function countOnPool(
  { sources, pageViews }: { readonly sources: readonly string[]; readonly pageViews: readonly string[] },
  options: CountPoolOptions,
  context: CommandContext,
  book: LeftOutBook,
): Promise<PoolCounts> {
  const { workers, url, apiKey } = options;
  if (url !== undefined && workers !== undefined) throw twoPools();
  const place = (location: string): string => locationFrom(process.cwd(), location);
  const { wiki, lineViewsMin, ignoreCase, encoding } = options;
  const store = openStore(options.store, s3AccessOf(context.environment));
  const document: QueriesConfigInput = {
    ...{ name: 'queries', store: store.url },
    queries: {
      ...{ sources: sources.map(place), pageViews: pageViews.map(place), wiki, lineViewsMin, ignoreCase },
      ...(encoding !== undefined && { encoding }),
    },
  };
  const interrupt = watchInterrupt();
  const own = url === undefined ? await startOwnCluster(workers ?? 1, context) : undefined;
  try {
    const theirs = { ...(url !== undefined && { url }), ...(apiKey !== undefined && { apiKey }) };
    const api = own?.cluster.api ?? connect(theirs, context);
    const { id } = await api.submit(document);
    const { terminal, command } = context;
    const failure = own && { failure: own.cluster.failure };
    const stopText = '  Stopping; Ctrl-C again stops at once.';
    const { status } = await followRun({ api, id, terminal, signal: interrupt.signal, stopText, ...failure });
    const problem = runFailure(status, { resume: command('runs', 'resume', id), command });
    if (problem) throw problem;
    const counts = await fetchCounts(store, id, options.scratch, book);
    await api.remove(id).catch(() => undefined);
    return counts;
  } finally {
    interrupt.close();
    await own?.stop();
    await store.close();
  }
}

const leftOutSchema = z.array(z.strictObject({ what: z.string(), count: z.int(), examples: z.array(z.string()) }));

async function fetchCounts(store: Store, id: string, scratch: string, book: LeftOutBook): Promise<PoolCounts> {
  const folder = await mkdtemp(join(scratch, 'tandem-counts-'));
  const files: CorpusFile[] = [];
  const { countsPrefix } = runKeys(id);
  for await (const key of store.list(countsPrefix)) {
    if (key.endsWith('.json')) {
      for (const { what, count, examples } of leftOutSchema.parse(parseJson(await store.get(key))))
        examples.forEach((where, at) => book.add(what, where, at === 0 ? count - examples.length + 1 : 1));
      continue;
    }
    const path = join(folder, key.slice(countsPrefix.length));
    const file = await open(path, 'w');
    try {
      for await (const piece of store.getPieces(key)) await file.appendFile(piece);
    } finally {
      await file.close();
    }
    files.push({ kind: 'counts', path });
  }
  return { files, close: () => rm(folder, { recursive: true, force: true }) };
}

function twoPools(): TandemError {
  return new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: 'Queries: expected a count with one pool, got both --url and --workers.',
    help: 'Give --url for the workers of a coordinator, --workers for some of its own.',
  });
}
