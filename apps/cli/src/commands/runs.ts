import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Option, type Command } from 'commander';
import type { RunStatus } from '#protocol/run/run-status.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { appEntries } from '../app-entries.js';
import type { CommandContext } from '../command-context.js';
import { connect, countUpTo, unknownWord, withConnection, type ConnectionOptions } from '../command-options.js';
import { folderText, removeIn, runIn, runsIn } from '../run/folder-runs.js';
import { allMetrics, metricsFormats, metricsText, type MetricsFormat } from '../metrics/run-metrics.js';
import { runTable, runText } from '../run/run-text.js';

interface ReplayOptions {
  readonly step: string;
  readonly store?: string;
  readonly json?: boolean;
}

interface FolderOptions extends ConnectionOptions {
  /** The folder of `tandem train`, in place of a coordinator. */
  readonly out?: string;
}

const outOption = ['--out <dir>', 'folder of `tandem train`, which needs no coordinator: .tandem'] as const;

interface MetricsOptions extends ConnectionOptions {
  readonly format: MetricsFormat;
}

interface ResumeOptions extends ConnectionOptions {
  readonly steps?: number;
}

/** `tandem runs`: everything that can be done with runs that are submitted. */
export function addRunsCommand(runs: Command, context: CommandContext): Command {
  const { terminal } = context;
  const onRun = (name: string, description: string): Command =>
    withConnection(runs.command(name).description(description).argument('<run>', 'id of a run')).option(
      '--json',
      'print the result as one JSON document',
    );
  const say = (run: RunStatus, text = `${run.id} ${run.state}: ${run.reason}`): void => terminal.result(run, text);

  withConnection(runs.command('list', { isDefault: true }).description('list all runs, the newest first'))
    .argument('[none...]', 'nothing: another word is an unknown command')
    .option(...outOption)
    .option('--json', 'print the result as one JSON document')
    .action(async (words: readonly string[], { out, ...options }: FolderOptions) => {
      if (words[0] !== undefined) throw unknownWord(words[0], runs, listHelp(words[0], context));
      const listed = await (out === undefined ? connect(options, context).runs() : runsIn(out));
      terminal.result(
        { runs: listed },
        out === undefined ? runTable(listed) : folderText(listed, out, context.command),
      );
    });
  onRun('show', 'show one run')
    .option(...outOption)
    .action(async (id: string, { out, ...options }: FolderOptions) => {
      const run = await (out === undefined ? connect(options, context).run(id) : runIn(out, id));
      say(run, runText(run));
    });
  onRun('metrics', 'print the metrics of every committed step, as a table that spreadsheets and pandas read')
    .addOption(
      new Option('--format <format>', 'csv, or jsonl: a JSON object a line').choices(metricsFormats).default('csv'),
    )
    .action(async (id: string, { format, ...options }: MetricsOptions) => {
      const metrics = await allMetrics(connect(options, context), id);
      terminal.result({ run: id, metrics }, metricsText(metrics, format));
    });
  onRun('pause', 'stop a run after the step in progress, with a checkpoint; again: at once').action(
    async (id: string, options: ConnectionOptions) => say(...stopText(await connect(options, context).pause(id))),
  );
  onRun('resume', 'let a run go on that is paused or has ended, after its last committed step')
    .option('--steps <n>', 'train to this many steps in all', countUpTo(100_000_000))
    .action(async (id: string, { steps, ...options }: ResumeOptions) =>
      say(await connect(options, context).resume(id, { ...(steps !== undefined && { steps }) })),
    );
  onRun('retry', 'let a run go on that has failed, after its last committed step').action(
    async (id: string, options: ConnectionOptions) => {
      const api = connect(options, context);
      const { state } = await api.run(id);
      if (state !== 'failed')
        throw new TandemError({
          code: ErrorCode.Conflict,
          message: `Run ${id}: expected a run that has failed, got one that is ${state}`,
          help: '`tandem runs resume` is for runs that were paused or cancelled, or have completed.',
        });
      say(await api.resume(id));
    },
  );
  onRun('cancel', 'stop a run after the step in progress, with a checkpoint; again: at once').action(
    async (id: string, options: ConnectionOptions) => say(...stopText(await connect(options, context).cancel(id))),
  );
  onRun('priority', 'give a run another priority, also while it trains: the highest gets workers first')
    .argument('<n>', '0 to 100', countUpTo(100, 0))
    .action(async (id: string, priority: number, options: ConnectionOptions) =>
      say(await connect(options, context).prioritize(id, priority), `${id} has priority ${priority}`),
    );
  onRun('remove', 'remove a run that has ended or is paused, with its checkpoints')
    .option(...outOption)
    .action(async (id: string, { out, ...options }: FolderOptions) => {
      await (out === undefined ? connect(options, context).remove(id) : removeIn(out, id));
      terminal.result({ removed: id }, `${id} is removed`);
    });
  runs
    .command('replay')
    .description('take a past step of a run again, on this machine, and compare its gradient and loss bit by bit')
    .argument('<run>', 'id of a run')
    .requiredOption('--step <n>', 'the step, counted from 0; the journal must hold it')
    .option('--store <url>', "the run's store (TANDEM_STORE; default file:./.tandem/store)")
    .option('--json', 'print the result as one JSON document')
    .action(async (run: string, { step, store, json }: ReplayOptions) => {
      const flags = ['--run', run, '--step', step, ...(store ? ['--store', store] : []), '--json', String(!!json)];
      process.argv.splice(2, Infinity, ...flags);
      await import(pathToFileURL(appEntries.replay).href);
    });
  return runs;
}

/** A folder was meant, if there is one of that name. */
function listHelp(word: string, { command }: CommandContext): string | undefined {
  return existsSync(word) ? `To list the runs of a folder: ${command('runs', '--out', word)}` : undefined;
}

/** A run that trains stops later than the answer comes. */
function stopText(run: RunStatus): [RunStatus, string] {
  const { id, state } = run;
  const isOver = state === 'cancelled' || state === 'paused';
  return [run, isOver ? `${id} is ${state}` : `${id} stops after the step in progress`];
}
