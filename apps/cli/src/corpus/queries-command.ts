import { writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { Option, type Command } from 'commander';
import { checkEncoding } from '#data/prepare/text-encoding.js';
import { countCorpus } from '#corpus/count/count-corpus.js';
import { corpusCounter } from '#corpus/count/corpus-counter.js';
import { countsHeader, writeCounts } from '#corpus/count/counts-file.js';
import { queryListText } from '#corpus/queries/query-list.js';
import { selectQueries } from '#corpus/queries/select-queries.js';
import { synsetNames } from '#corpus/queries/word-net.js';
import { corpusFiles } from '#corpus/source/corpus-files.js';
import { leftOutBook } from '#corpus/source/left-out.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { wholePercent } from '#report/figures.js';
import type { CommandContext } from '../command-context.js';
import { atLeast, countUpTo } from '../command-options.js';
import { countOnPool } from './count-pool.js';
import { countedText, queriesText } from './queries-text.js';

interface QueriesOptions {
  readonly out?: string;
  readonly countsOut?: string;
  readonly pageViews: readonly string[];
  readonly wiki: string;
  readonly lineViewsMin: number;
  readonly wordCountMin: number;
  readonly bigramCountMin?: number;
  readonly pmiMin?: number;
  readonly titleViewsMin: number;
  readonly max: number;
  readonly wordsMax?: number;
  readonly bigramsMax?: number;
  readonly titlesMax?: number;
  readonly wordnet: boolean;
  readonly ignoreCase: boolean;
  readonly encoding?: string;
  readonly scratch: string;
  readonly replace: boolean;
  readonly workers?: number;
  readonly url?: string;
  readonly apiKey?: string;
  readonly store: string;
}

const countMax = 1e12;
const queriesMax = 4_000_000;

/** `tandem dataset queries`. */
export function addQueriesCommand(dataset: Command, context: CommandContext): void {
  const count = countUpTo(countMax);
  const most = countUpTo(queriesMax);
  dataset
    .command('queries')
    .description('make a list of queries from text: frequent words, bigrams, titles of articles, WordNet')
    .argument(
      '[sources...]',
      'text (.txt, .md), a folder of it, a MediaWiki dump (.xml), each also as .gz or .bz2, or .counts of parts',
    )
    .option('--out <file>', 'where the list goes: a .tsv')
    .option('--counts-out <file>', 'where the counts go, to be summed with those of other parts: .counts or .counts.gz')
    .option('--page-views <files...>', 'page views of Wikimedia, from which titles are taken', [])
    .option('--wiki <name>', 'whose page views count', 'en')
    .option('--line-views-min <n>', 'leave out lines with fewer page views', count, 50)
    .option('--title-views-min <n>', 'least views of a title', count, 70)
    .option('--word-count-min <n>', 'least occurrences of a word', count, 100)
    .option('--bigram-count-min <n>', 'least occurrences of a bigram; as of a word if left out', count)
    .option(
      '--pmi-min <bits>',
      'least pointwise mutual information of a bigram; half of the largest possible if left out',
      atLeast(0),
    )
    .option('--max <n>', 'most queries in all', most, 500_000)
    .addOption(new Option('--words-max <n>', 'most of them from words; all if left out').argParser(most))
    .addOption(new Option('--bigrams-max <n>', 'from bigrams').argParser(most))
    .addOption(new Option('--titles-max <n>', 'from titles').argParser(most))
    .option('--no-wordnet', 'do without the names of WordNet')
    .option('--ignore-case', 'count capitals as small letters', false)
    .option('--encoding <name>', 'encoding of plain text, such as windows-1252; UTF-8 if left out')
    .option('--scratch <dir>', 'folder for counts that do not fit into memory', tmpdir())
    .option('--workers <n>', 'count with so many worker processes of its own, a file each at once', countUpTo(256))
    .option('--url <url>', 'count with the workers of the coordinator at this address')
    .option('--api-key <key>', 'a key that the coordinator printed or `tandem keys` made (TANDEM_API_KEY)')
    .option('--store <url>', 'where a pool keeps its counts meanwhile: a directory or s3: URL', '.tandem/store')
    .option('--replace', 'overwrite what is there', false)
    .option('--json', 'print the result as one JSON document')
    .action(async (sources: readonly string[], options: QueriesOptions) => {
      await makeQueries(sources, options, context);
    });
}

async function makeQueries(
  sources: readonly string[],
  options: QueriesOptions,
  context: CommandContext,
): Promise<void> {
  const { terminal, command } = context;
  const { out, countsOut, pageViews, ignoreCase, encoding, replace } = options;
  checkPlaces(sources, options);
  if (encoding !== undefined) checkEncoding(encoding);
  for (const path of [out, countsOut]) if (path !== undefined && !replace && existsSync(path)) throw occupied(path);
  const startMs = performance.now();
  const seconds = (): number => (performance.now() - startMs) / 1000;
  const book = leftOutBook();
  const isOnPool = options.workers !== undefined || options.url !== undefined;
  const isCounted = (path: string): boolean => /\.counts(\.gz)?$/i.test(path);
  const apart = { sources: isOnPool ? sources.filter((path) => !isCounted(path)) : [], pageViews };
  const files = await corpusFiles(isOnPool ? sources.filter(isCounted) : sources, book);
  const counter = corpusCounter(options);
  const pooled = isOnPool ? await countOnPool(apart, options, context, book) : undefined;
  try {
    const onProgress = (path: string, share: number): void => terminal.update(`  ${path}: ${wholePercent(share)}`);
    const counted = { files: [...files, ...(pooled?.files ?? [])], viewFiles: pooled ? [] : pageViews };
    await countCorpus(counter, counted, options, book, onProgress);
    let counts = await counter.finish();
    if (countsOut !== undefined) {
      await writeCounts(countsOut, countsHeader(ignoreCase), counts);
      if (out === undefined) {
        const outcome = { countsOut, leftOut: book.list(), seconds: seconds() };
        terminal.result(outcome, countedText(outcome, command));
        return;
      }
      const again = corpusCounter(options);
      await countCorpus(again, { files: [{ kind: 'counts', path: countsOut }], viewFiles: [] }, options, book);
      counts = await again.finish();
    }
    const synsets = options.wordnet ? synsetNames() : [];
    const names = ignoreCase ? [...new Set(synsets.map((name) => name.toLowerCase()))] : synsets;
    const selection = await selectQueries(counts, names, settingsOf(options));
    await writeFile(out!, queryListText(selection.queries));
    const { queries, ...figures } = selection;
    const outcome = { ...figures, queries: queries.length, out: out!, leftOut: book.list(), seconds: seconds() };
    terminal.result(outcome, queriesText(outcome, selection.queries, command));
  } finally {
    await pooled?.close();
    await counter.close();
  }
}

function settingsOf({ max, wordsMax = max, bigramsMax = max, titlesMax = max, ...options }: QueriesOptions) {
  return {
    wordCountMin: options.wordCountMin,
    bigramCountMin: options.bigramCountMin ?? options.wordCountMin,
    titleViewsMin: options.titleViewsMin,
    pmiMin: options.pmiMin,
    max: { word: wordsMax, bigram: bigramsMax, title: titlesMax, wordnet: max },
    queriesMax: max,
  };
}

function checkPlaces(sources: readonly string[], { out, countsOut, pageViews }: QueriesOptions): void {
  if (sources.length === 0 && pageViews.length === 0)
    throw refusal('expected text, a dump, counts or --page-views, got none', 'Name what to count.');
  if (out === undefined && countsOut === undefined)
    throw refusal('expected a place for the list or the counts, got none', 'Name --out list.tsv or --counts-out.');
  if (out !== undefined && !/\.tsv$/i.test(out))
    throw refusal(`expected a list as .tsv, got ${out}`, 'Name --out list.tsv.');
  if (countsOut !== undefined && !/\.counts(\.gz)?$/i.test(countsOut))
    throw refusal(`expected counts as .counts or .counts.gz, got ${countsOut}`, 'Name --counts-out part-1.counts.');
}

function occupied(path: string): TandemError {
  return refusal(`expected nothing at ${path}, found a file`, 'Choose another place, or overwrite it with --replace.');
}

function refusal(message: string, help: string): TandemError {
  return new TandemError({ code: ErrorCode.ConfigInvalid, message: `Queries: ${message}.`, help });
}
