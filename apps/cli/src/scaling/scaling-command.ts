import { dirname, join, resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { openTrainingDataset } from '#data/dataset/training-dataset.js';
import { startLocalCluster } from '#cluster/local-cluster.js';
import { scalingReport, scalingSentences, type ScalingResult } from '#evaluate/reports/scaling-report.js';
import { modelZoo } from '#model/zoo/presets.js';
import { evaluationsOf } from '#protocol/run/evaluation-config.js';
import { trainSources } from '#protocol/run/data-config.js';
import { parseRunConfig, type RunConfig } from '#protocol/run/run-config.js';
import { hasEnded, type RunStatus } from '#protocol/run/run-status.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { percent, whole } from '#report/figures.js';
import { openStore } from '#store/open-store.js';
import { appEntries } from '../app-entries.js';
import type { CommandContext } from '../command-context.js';
import { countUpTo, s3AccessOf } from '../command-options.js';
import { printOutcome } from '../evaluate/evaluation-session.js';
import { withModelOfWeights } from '../models/model-of-weights.js';
import { checkPlacesHere } from '../run/check-places.js';
import { runsIn } from '../run/folder-runs.js';
import { readRunDocument } from '../run/run-document.js';
import { resumeRun } from '../run/resume-run.js';
import { trainLocally } from '../run/train-locally.js';
import { watchInterrupt } from '../terminal/interrupt.js';
import { placeText } from '../terminal/place-text.js';
import { table } from '../terminal/table.js';
import { pointOfRun, shareRuns, type Kept, type ShareRun } from './scaling-runs.js';

interface ScalingOptions {
  readonly config: string;
  readonly shares: readonly number[];
  readonly evaluation?: string;
  readonly same: Kept;
  readonly workers: number;
  readonly out: string;
}

/** `tandem evaluate scaling`: trains on shares of the data, and draws accuracy against data. */
export function addScalingCommand(command: Command, context: CommandContext): void {
  command
    .requiredOption('--config <file>', 'run document, YAML or JSON, with an evaluation')
    .option('--shares <list>', 'shares of the data, ascending', shareList, [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1])
    .option('--evaluation <name>', 'the evaluation of the document that is drawn; its first if left out')
    .addOption(
      new Option('--same <what>', 'what every share takes: as many steps, or each of its pairs as often (epochs)')
        .choices(['steps', 'epochs'])
        .default('steps'),
    )
    .option('--workers <n>', 'number of worker processes', countUpTo(256), 2)
    .option(
      '--out <dir>',
      'folder for runs, page and pictures; a share that is trained there already is not again',
      '.tandem/scaling',
    )
    .action((options: ScalingOptions) => scaling(options, context));
}

async function scaling(options: ScalingOptions, context: CommandContext): Promise<void> {
  const { config: path, shares } = options;
  const { environment, terminal } = context;
  const access = s3AccessOf(environment);
  const out = resolve(options.out);
  const document = await withModelOfWeights(readRunDocument(path), access, terminal.say);
  const parsed = parseRunConfig(document, modelZoo);
  const evaluation = evaluationOf(parsed, options.evaluation, path);
  checkPlacesHere(parsed, { folder: dirname(resolve(path)), resumed: false });
  const runs = shareRuns(document, { shares, kept: options.same }, await runsIn(out), `file:${join(out, 'store')}`);
  const ended = await trainedRuns(runs, { ...options, out }, context);
  const points = ended.map((run, index) => pointOfRun(shares[index]!, run, evaluation));
  const { name, licences, close } = await openTrainingDataset(parsed, (place) => openStore(place, access));
  await close();
  const places = trainSources(parsed.data).map(({ data }) => placeText(data));
  const result: ScalingResult = {
    kind: 'scaling',
    ...{
      name: parsed.name,
      model: parsed.modelName === 'custom' ? 'of its own' : parsed.modelName,
      parameters: ended[0]!.derived!.parameters,
    },
    data: { name, url: places.join(', ') },
    ...{ evaluation, unit: points[0]!.unit, same: options.same, batch: parsed.batch },
    points: points.map(({ unit: _unit, ...point }) => point),
  };
  const rows = points.map(({ share, pairs, score, run }) => [String(share), whole(pairs), percent(score), run]);
  const text = [table([['SHARE', 'PAIRS', 'ACCURACY', 'RUN'], ...rows], [0, 1, 2]), '', ...scalingSentences(result)];
  await printOutcome({ result, text: text.join('\n'), report: () => scalingReport(result, licences) }, out, terminal);
}

/** The status of each run once it is complete: of an earlier command's, or after training what is left of it. */
async function trainedRuns(
  runs: readonly ShareRun[],
  { config, out, workers }: Pick<ScalingOptions, 'config' | 'out' | 'workers'>,
  { terminal, environment, command }: CommandContext,
): Promise<RunStatus[]> {
  const complete = runs.flatMap(({ known }) => (known?.state === 'completed' ? [known] : []));
  if (complete.length === runs.length) return complete;
  const interrupt = watchInterrupt();
  const cluster = await startLocalCluster({
    ...{ workers, entries: appEntries, environment, store: `file:${join(out, 'store')}`, logs: join(out, 'logs') },
    onWorkerLost: (message) => terminal.say(`  ${message}`),
  });
  try {
    const trained: RunStatus[] = [];
    for (const { share, document, known } of runs) {
      if (known?.state === 'completed') {
        trained.push(known);
        continue;
      }
      interrupt.signal.throwIfAborted();
      terminal.say(`  ${percent(share)} of the data${known ? `: goes on with ${known.id}` : ''}`);
      const goesOn = known && (await resumed(cluster.api, known, parseRunConfig(document, modelZoo)));
      const resumeCommand = command('evaluate', 'scaling', '--config', config, '--out', out);
      const { signal } = interrupt;
      const { status } = await trainLocally({
        cluster,
        run: goesOn ?? document,
        resumeCommand,
        command,
        terminal,
        signal,
      });
      trained.push(status);
    }
    return trained;
  } finally {
    await cluster.stop();
    interrupt.close();
  }
}

/** Lets a run go on; one that was never prepared waits in the queue and needs no asking. */
async function resumed(api: Parameters<typeof resumeRun>[0], { id }: RunStatus, document: RunConfig): Promise<string> {
  const { state } = await api.run(id);
  return state === 'paused' || hasEnded({ state }) ? resumeRun(api, document, id) : id;
}

function evaluationOf({ evaluation }: RunConfig, wanted: string | undefined, path: string): string {
  const names = evaluationsOf(evaluation).map((one) => one.evaluation.name);
  const found = wanted === undefined ? names[0] : names.find((name) => name === wanted);
  if (found !== undefined) return found;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message:
      `Scaling: expected an evaluation${wanted === undefined ? '' : ` named "${wanted}"`} in ${path}, got ` +
      `${names.length === 0 ? 'none' : names.join(', ')}.`,
    help: 'Write one into the document: evaluation: { zeroShot: [{ name: held-out, data: DATA }] }.',
  });
}

/** `1/16,0.25,1`. */
function shareList(text: string): number[] {
  const values = text.split(',').map((one) => {
    const [above, below = '1'] = one.split('/');
    return Number(above || NaN) / Number(below || NaN);
  });
  if (values.every((value, at) => value > (values[at - 1] ?? 0) && value <= 1)) return values;
  throw new InvalidArgumentError(
    'Expected ascending shares above 0, at most 1, with commas between, such as 1/16,1/4,1.',
  );
}
