import { existsSync } from 'node:fs';
import { cp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startLocalCluster, type LocalCluster } from '#cluster/local-cluster.js';
import { makeFolders } from '#protocol/make-folders.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { percent, whole } from '#report/figures.js';
import { appEntries } from '../app-entries.js';
import type { EndedRun } from '../run/follow-run.js';
import { derivedText } from '../run/run-text.js';
import { leaveUp } from '../terminal/leave-up.js';
import { trainLocally } from '../run/train-locally.js';
import type { CommandLine } from '../terminal/command-line.js';
import { table } from '../terminal/table.js';
import type { Terminal } from '../terminal/terminal.js';
import { clockTime, counted, wrapped } from '../terminal/words.js';
import { prepareDemoData, type DemoData } from './demo-data.js';
import { demoDocument, type DemoDocument } from './demo-document.js';
import { packagesLock, repository, type DemoFolder } from './demo-folder.js';
import { demoResult, type DemoResult } from './demo-result.js';
import { writeShowcase, type Showcase } from './demo-showcase.js';
import { openStages, type Stages } from './demo-stages.js';
import { evaluationTitle, outcomeText, pairsText, stepText, testText } from './demo-words.js';
import { measureMachine } from './measure-machine.js';

export interface DemoOptions {
  readonly terminal: Terminal;
  readonly command: CommandLine;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly folder: DemoFolder;
  readonly workers: number;
  /** Minutes to train for. */
  readonly minutes: number;
  /** Steps to train, instead of measuring how many fit into the time. */
  readonly steps?: number;
  /** Keep the whole store, in demo/out/store, and leave the page up until Ctrl-C. */
  readonly keep: boolean;
}

/** Train a CLIP on emoji on this machine, by the means every user has, and show what it has learned. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const { terminal, signal, folder, workers } = options;
  const startedMs = performance.now();
  checkClone();
  const stages = openStages(terminal);
  terminal.say(`\n${terminal.bold('Tandem demo')}: a CLIP trained from scratch on emoji, on this machine\n`);
  await clearLastDemo(folder);
  const document = demoDocument();
  await stages.run(
    'data',
    (progress) => prepareDemoData((drawings) => progress(`${whole(drawings)} drawings`)),
    dataText,
  );
  stages.explain(pairsText);
  signal.throwIfAborted();
  const cluster = await openCluster(options, stages);
  try {
    signal.throwIfAborted();
    const run = await train(options, stages, document, cluster);
    if (!options.keep) await cluster.stop(); // The report has the machine for itself.
    await keepCheckpoint(run, options);
    const showcase = await stages.run(
      'report',
      () => writeShowcase(run, folder),
      () => 'classified every held-out and every seen drawing',
    );
    const totalSeconds = (performance.now() - startedMs) / 1000;
    const result = demoResult({ run, batch: document.batch, shards: document.shards, workers, totalSeconds });
    await writeFile(folder.result, `${JSON.stringify(result, null, 2)}\n`);
    terminal.result(result, resultText(result, showcase, options));
    if (options.keep) await leaveUp({ cluster, terminal, signal });
    return result;
  } finally {
    await cluster.stop();
  }
}

/** An installed package has neither the drawings nor what fetches them. */
function checkClone(): void {
  if (existsSync(packagesLock)) return;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `tandem demo: expected a clone of the repository, got an installed package (${repository})`,
    help: 'Run `npm run demo` in a clone. To train on pictures of your own, begin with `tandem dataset prepare`.',
  });
}

async function openCluster(
  { terminal, environment, folder, workers }: DemoOptions,
  stages: Stages,
): Promise<LocalCluster> {
  const cluster = await stages.run(
    'cluster',
    () =>
      startLocalCluster({
        workers,
        entries: appEntries,
        logs: folder.logs,
        environment,
        onWorkerLost: (message) => terminal.say(`  ${message}`),
      }),
    () =>
      `${environment['REDIS_URL'] ? 'your Redis' : 'Redis'}, a coordinator and ${counted(workers, 'worker')} ` +
      `on ${counted(availableParallelism(), 'CPU core')}`,
  );
  stages.note('page', `${cluster.pageUrl} shows the training while it runs`);
  return cluster;
}

async function train(
  { terminal, command, signal, folder, minutes, steps: given }: DemoOptions,
  stages: Stages,
  document: DemoDocument,
  cluster: LocalCluster,
): Promise<EndedRun> {
  const training = { cluster, terminal, command, signal };
  const steps =
    given ??
    (
      await stages.run(
        'measure',
        () => measureMachine(training, document, minutes * 60_000),
        ({ reason }) => reason,
      )
    ).steps;
  stages.note('train', `${steps} steps of ${document.batch} pairs`);
  stages.explain(stepText(document.batch));
  return trainLocally({
    ...training,
    run: document.training(steps, folder.store),
    resultText: testText,
    onPrepared: ({ derived }) => (derived ? derivedText(derived) : []).forEach((line) => stages.note('', line)),
  });
}

function dataText({ trainPairs, heldOutPairs, styles, reused }: DemoData): string {
  const pairs = `${whole(trainPairs)} pairs in ${styles} drawing styles; OpenMoji (${whole(heldOutPairs)}) is held out`;
  return reused ? `${pairs}; drawn by an earlier demo` : pairs;
}

async function clearLastDemo({ store, logs, checkpoint, result, out }: DemoFolder): Promise<void> {
  await Promise.all([store, logs, checkpoint, result].map((path) => rm(path, { recursive: true, force: true })));
  await makeFolders(out);
}

/**
 * Copy the last checkpoint to a short path. The rest of the store is deleted unless the user asked to keep it.
 */
async function keepCheckpoint({ status }: EndedRun, { folder, keep }: DemoOptions): Promise<void> {
  if (status.checkpoint === null) throw new RangeError(`expected run ${status.id} to end with a checkpoint`);
  await cp(fileURLToPath(status.checkpoint), folder.checkpoint, { recursive: true });
  if (!keep) await rm(folder.store, { recursive: true });
}

function resultText(
  result: DemoResult,
  { page, picture, example }: Showcase,
  { terminal: { bold, dim }, folder, command }: DemoOptions,
): string {
  const { heldOut, seen, chance, classes, steps, batch, trainSeconds, totalSeconds, pairsPerSecond } = result;
  const here = (path: string): string => relative(process.cwd(), path);
  const scores = table([
    [`Zero-shot over ${whole(classes)} classes`, 'top-1', 'top-5'],
    [evaluationTitle('held-out'), percent(heldOut.top1), percent(heldOut.top5)],
    [evaluationTitle('seen'), percent(seen.top1), percent(seen.top5)],
    ['chance', percent(chance), percent(Math.min(1, 5 * chance))],
  ]).split('\n');
  const [checkpoint, image, labels] = [here(folder.checkpoint), here(example.image), example.labels.join(',')];
  return [
    '',
    ...scores.map((line, at) => `  ${at === 0 ? bold(line) : line}`),
    '',
    ...wrapped(outcomeText(classes), 95).map((line) => `  ${dim(line)}`),
    '',
    `  ${steps} steps of ${batch} pairs in ${clockTime(trainSeconds)}, ` +
      `${Math.round(pairsPerSecond)} pairs/s; ${clockTime(totalSeconds)} in all`,
    '',
    `  ${dim('look')}       ${here(page)}: open it in a browser, and ask the model for drawings in your own words`,
    `  ${dim('picture')}    ${here(picture)}`,
    `  ${dim('numbers')}    ${here(folder.result)}`,
    `  ${dim('try')}        ${command('predict', '--checkpoint', checkpoint, '--image', image, '--labels', labels)}`,
    '',
  ].join('\n');
}
