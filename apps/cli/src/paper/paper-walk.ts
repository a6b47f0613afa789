import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openDataset } from '#data/dataset/dataset.js';
import type { CompareResult } from '#evaluate/reports/compare-report.js';
import type { FewShotResult } from '#evaluate/reports/few-shot-report.js';
import type { LinearProbeResult } from '#evaluate/reports/linear-probe-report.js';
import type { RetrievalResult } from '#evaluate/reports/retrieval-report.js';
import type { ScalingResult } from '#evaluate/reports/scaling-report.js';
import type { ZeroShotResult } from '#evaluate/reports/zero-shot-report.js';
import type { RunStatus } from '#protocol/run/run-status.js';
import { whole } from '#report/figures.js';
import { writeEvaluation } from '#report/write-evaluation.js';
import { openStore } from '#store/open-store.js';
import type { CommandContext } from '../command-context.js';
import { paperCommands, type PaperCommands } from './paper-commands.js';
import { preparePaperData, type PaperData } from './paper-data.js';
import { namesEvaluation, paperTemplates, sizes, writeDocuments, type Size } from './paper-documents.js';
import { paperReport, type PaperResult } from './paper-page.js';

export interface PaperOptions {
  readonly out: string;
  /** Of the emoji only every so many-th is drawn. */
  readonly every: number;
  readonly steps: number;
  readonly batch: number;
  /** Shares of the data for the curve of accuracy against data. */
  readonly shares: string;
  /** Pairs of a query that curation keeps, at most. */
  readonly perQuery: number;
  readonly workers: number;
}

/** What the CLIP paper did around its training, by the commands that every user has: from a corpus to three curves. */
export async function walkPaper(options: PaperOptions, context: CommandContext): Promise<PaperResult> {
  const startMs = performance.now();
  const { out, every } = options;
  const { terminal } = context;
  const commands = paperCommands(context);
  // What an earlier walk has trained may be of other settings.
  for (const folder of ['scaling', 'runs', 'features']) await rm(join(out, folder), { recursive: true, force: true });
  terminal.say(`From corpus to curve, in ${out}\n\nDrawing emoji in eight styles`);
  const data = await preparePaperData(out, every, (drawings) => terminal.update(`  ${whole(drawings)} drawings`));
  terminal.update('');
  const curated = await curate(commands, data, options);
  const models = await train(commands, data, curated.data, options);
  const judged = await evaluate(commands, data, models, options);
  const seconds = Math.round((performance.now() - startMs) / 1000);
  const { queries, pairs, curatedPairs } = curated;
  const result: PaperResult = {
    ...{ kind: 'paper', queries, pairs, curatedPairs },
    ...judged,
    ...{ scaling: models.scaling, seconds },
  };
  const written = await writeEvaluation(out, paperReport(result, await licencesOf(data)), result);
  terminal.result(result, ['', ...written.map((path) => `  ${path}`)].join('\n'));
  return result;
}

interface Curated {
  readonly data: string;
  readonly queries: number;
  readonly pairs: number;
  readonly curatedPairs: number;
}

/** From text to the pairs that are trained on. */
async function curate({ run }: PaperCommands, data: PaperData, { out, perQuery }: PaperOptions): Promise<Curated> {
  const [list, curated] = [join(out, 'queries.tsv'), join(out, 'curated')];
  const rare = ['--word-count-min', '3', '--bigram-count-min', '3', '--no-wordnet', '--replace'];
  const queries = await run<{ readonly queries: number }>('dataset', 'queries', data.corpus, '--out', list, ...rare);
  const kept = await run<{ readonly pairs: number; readonly keptPairs: number }>(
    ...['dataset', 'curate', data.train, curated, '--queries', list, '--per-query', String(perQuery), '--ignore-case'],
    '--replace',
  );
  return { data: curated, queries: queries.queries, pairs: kept.pairs, curatedPairs: kept.keptPairs };
}

interface Models {
  readonly checkpoints: Readonly<Record<Size, string>>;
  readonly scaling: ScalingResult;
}

/** Three sizes of the model, the medium one on shares of the data. */
async function train(
  { run }: PaperCommands,
  { heldOut, heldOutNames }: PaperData,
  data: string,
  { out, steps, batch, shares, workers }: PaperOptions,
): Promise<Models> {
  const documents = await writeDocuments(out, { data, heldOut, heldOutNames, steps, batch });
  const pool = ['--workers', String(workers)];
  const scaling = await run<ScalingResult>(
    ...['evaluate', 'scaling', '--config', documents.medium, '--evaluation', namesEvaluation, '--shares', shares],
    ...['--same', 'epochs'],
    ...[...pool, '--out', join(out, 'scaling')],
  );
  const trainAlone = async (size: Size): Promise<string> => {
    const status = await run<RunStatus>('train', '--config', documents[size], ...pool, '--out', join(out, 'runs'));
    return status.checkpoint!;
  };
  const small = await trainAlone('small');
  const large = await trainAlone('large');
  return { checkpoints: { small, medium: scaling.points.at(-1)!.checkpoint!, large }, scaling };
}

type Judged = Pick<PaperResult, 'zeroShot' | 'fewShot' | 'retrieval' | 'probes' | 'compare'>;

async function evaluate(
  { run }: PaperCommands,
  { seen, heldOut, imagesMin }: PaperData,
  { checkpoints }: Models,
  { out, workers }: PaperOptions,
): Promise<Judged> {
  const measured = <Result>(what: string, size: Size, ...args: readonly string[]): Promise<Result> =>
    run(
      ...['evaluate', what, ...args, '--weights', checkpoints[size], '--name', size],
      ...['--store', join(out, 'features'), '--out', join(out, what === 'linear-probe' ? `${what}-${size}` : what)],
    );
  const prompts = paperTemplates.flatMap((template) => ['--template', template]);
  const probed = ['--train', seen, '--test', heldOut];
  // Of each class so many are fitted to, and up to four others choose λ.
  const shots = [1, 2, 4, 8, 16].filter((k) => k + Math.min(k, 4) <= imagesMin).join(',');
  const pool = ['--workers', String(workers)];
  const zeroShot = await measured<ZeroShotResult>('zero-shot', 'medium', heldOut, ...prompts, ...pool);
  const fewShot = await measured<FewShotResult>('few-shot', 'medium', ...probed, ...prompts, '--shots', shots);
  const probes: LinearProbeResult[] = [];
  for (const size of sizes) probes.push(await measured<LinearProbeResult>('linear-probe', size, ...probed));
  const retrieval = await measured<RetrievalResult>('retrieval', 'medium', heldOut);
  const results = sizes.map((size) => join(out, `linear-probe-${size}`, 'result.json'));
  const unit = 'top-1 accuracy of a linear probe';
  const compare = await run<CompareResult>(
    ...['evaluate', 'compare', ...results, '--unit', unit, '--out', join(out, 'compare')],
  );
  return { zeroShot, fewShot, retrieval, probes, compare };
}

async function licencesOf({ train, heldOut }: PaperData): Promise<Awaited<ReturnType<typeof openDataset>>['licences']> {
  const all = [];
  for (const place of [train, heldOut]) {
    const store = openStore(place);
    all.push(...(await openDataset(store)).licences);
    await store.close();
  }
  return all;
}
