import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { curatePairs, type CurationRule } from '#corpus/curate/curation.js';
import { curationReport } from '#corpus/curate/curation-report.js';
import { thresholdOfTail } from '#corpus/curate/keep-limits.js';
import { readMatchCounts, writeMatchCounts } from '#corpus/curate/match-counts.js';
import { matchPairs } from '#corpus/curate/matched-pairs.js';
import { pairDraws } from '#corpus/curate/pair-draws.js';
import { readQueryList } from '#corpus/queries/query-list.js';
import { leftOutBook } from '#corpus/source/left-out.js';
import { checkEncoding } from '#data/prepare/text-encoding.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { whole } from '#report/figures.js';
import type { CommandContext } from '../command-context.js';
import { countUpTo, s3AccessOf } from '../command-options.js';
import type { CurateOptions } from './curate-options.js';
import { countedMatchesText, curateText } from './curate-text.js';
import { openCurationPlace } from './curation-place.js';
import { writeCurationReport } from './curation-report-files.js';

/** `tandem dataset curate`. */
export function addCurateCommand(dataset: Command, context: CommandContext): void {
  dataset
    .command('curate')
    .description('keep the pairs whose captions match queries, and of frequent queries only some')
    .argument('<source>', 'a data set, or a table of captions: .csv, .tsv or .jsonl, also as .gz or .bz2')
    .argument('[target]', 'where the kept pairs go: a data set as a directory or s3: URL, or a .csv or .jsonl')
    .requiredOption('--queries <file>', 'the list: a .tsv of `tandem dataset queries`, a .txt, or a .json list')
    .addOption(
      new Option('--method <name>', 'cap: at most so many pairs for each query, as CLIP; balance: as MetaCLIP')
        .choices(['cap', 'balance'])
        .default('cap'),
    )
    .option('--per-query <n>', 'pairs for each query', countUpTo(2 ** 32), 20_000)
    .option(
      '--tail-share <share>',
      'instead: as many as leave this share of all matches to rarer queries: 0.06',
      shareOf,
    )
    .option('--seed <n>', 'another number keeps other pairs', countUpTo(2 ** 32), 1)
    .option('--ignore-case', 'take capitals for small letters', false)
    .option('--caption-column <name>', 'table: column of the captions; title, or caption of .jsonl, if left out')
    .option('--key-column <name>', 'table: column that names a pair; all its cells if left out')
    .option('--image-column <name>', 'table: column of paths, which are relative to its folder', 'filepath')
    .option('--encoding <name>', 'table: its encoding; UTF-8 if left out')
    .option('--counts <files...>', 'balance: counts of all parts of the data, of which the source is one', [])
    .option('--counts-out <file>', 'write how many pairs match each query: .counts; without a target, do no more')
    .option('--scratch <dir>', 'folder for the matches, 12 bytes a pair and 4 a match', tmpdir())
    .option('--name <name>', 'name of the data set; the last part of the target if left out')
    .option('--replace', 'overwrite what is at the target', false)
    .option('--json', 'print the result as one JSON document')
    .action(async (source: string, target: string | undefined, options: CurateOptions) => {
      await curate(source, target, options, context);
    });
}

async function curate(
  source: string,
  target: string | undefined,
  options: CurateOptions,
  { terminal, environment, command }: CommandContext,
): Promise<void> {
  const { ignoreCase, seed, countsOut } = options;
  checkOptions(target, options);
  const startMs = performance.now();
  const seconds = (): number => (performance.now() - startMs) / 1000;
  const book = leftOutBook();
  const list = await readQueryList(options.queries, ignoreCase, book);
  const queries = list.map(({ text }) => text);
  const totals = options.counts.length > 0 ? await readMatchCounts(options.counts, queries, ignoreCase) : undefined;
  const place = await openCurationPlace(source, target, options, s3AccessOf(environment), book);
  try {
    const draws = pairDraws(seed, queries);
    const matched = await matchPairs(place.captions, queries, draws, options, (pairs) =>
      terminal.update(`  ${whole(pairs)} pairs matched, ${whole(pairs / Math.max(seconds(), 1e-3))} a second`),
    );
    try {
      if (countsOut !== undefined) await writeMatchCounts(countsOut, queries, matched.counts, ignoreCase);
      if (place.write === undefined) {
        const outcome = { countsOut: countsOut!, pairs: matched.pairs, matched: matched.matched, seconds: seconds() };
        terminal.result(outcome, countedMatchesText(outcome, source, command));
        return;
      }
      const counts = totals ?? matched.counts;
      const rule = ruleOf(options, counts);
      const curation = curatePairs(matched, rule, draws, counts);
      const written = await place.write(curation, (pairs) => terminal.update(`  ${whole(pairs)} pairs looked through`));
      const report = curationReport(matched, curation, rule, { seed, ignoreCase, counts });
      await writeCurationReport(written.reports, report, list, matched.counts, curation.counts);
      const outcome = { ...report, target: written.url, reports: written.reports.url, leftOut: book.list() };
      terminal.result(
        { ...outcome, seconds: seconds() },
        curateText({ ...outcome, ...written, seconds: seconds() }, command),
      );
      await written.reports.close();
    } finally {
      matched.spool.close();
    }
  } finally {
    await place.close();
  }
}

function ruleOf({ method, perQuery, tailShare }: CurateOptions, counts: ArrayLike<number>): CurationRule {
  return { method, perQuery: tailShare === undefined ? perQuery : thresholdOfTail(counts, tailShare) };
}

function shareOf(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError('Expected a share between 0 and 1, such as 0.06.');
  return value;
}

function checkOptions(
  target: string | undefined,
  { counts, countsOut, method, replace, encoding }: CurateOptions,
): void {
  if (encoding !== undefined) checkEncoding(encoding);
  if (target === undefined && countsOut === undefined)
    throw refusal('expected a target or --counts-out, got neither', 'Name where the kept pairs go.');
  if (counts.length > 0 && method === 'cap')
    throw refusal(
      'expected --method balance with counts of other parts, got cap',
      'The cap compares the draws of all pairs of a query: name all pairs as one source, or balance.',
    );
  if (countsOut === undefined) return;
  if (!/\.counts(\.gz)?$/i.test(countsOut))
    throw refusal(
      `expected counts as .counts or .counts.gz, got ${basename(countsOut)}`,
      'Name --counts-out 1.counts.',
    );
  if (!replace && existsSync(countsOut))
    throw refusal(`expected nothing at ${countsOut}, found a file`, 'Overwrite it with --replace.');
}

function refusal(message: string, help: string): TandemError {
  return new TandemError({ code: ErrorCode.ConfigInvalid, message: `Curate: ${message}.`, help });
}
