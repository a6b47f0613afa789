import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import type { RunStatus } from '#protocol/run/run-status.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { appEntries } from '../app-entries.js';
import type { CommandContext } from '../command-context.js';
import { connect, countUpTo, withConnection, type ConnectionOptions } from '../command-options.js';
import { runTable, runText } from '../run/run-text.js';

interface ReplayOptions {
  readonly step: string;
  readonly store?: string;
  readonly json?: boolean;
}

interface ResumeOptions extends ConnectionOptions {
  readonly steps?: number;
}

/** `tandem runs`: everything that can be done with runs that are submitted. */
export function addRunsCommand(program: Command, context: CommandContext): Command {
  const runs = program.command('runs').description('list, pause, resume, cancel or remove runs');
  const { terminal } = context;
  const onRun = (name: string, description: string): Command =>
    withConnection(runs.command(name).description(description).argument('<run>', 'id of a run')).option(
      '--json',
      'print the result as one JSON document',
    );
  const say = (run: RunStatus, text = `${run.id} ${run.state}: ${run.reason}`): void => terminal.result(run, text);

  withConnection(runs.command('list', { isDefault: true }).description('list all runs, the newest first'))
    .option('--json', 'print the result as one JSON document')
    .action(async (options: ConnectionOptions) => {
      const listed = await connect(options, context).runs();
      terminal.result({ runs: listed }, runTable(listed));
    });
  onRun('show', 'show one run').action(async (id: string, options: ConnectionOptions) => {
    const run = await connect(options, context).run(id);
    say(run, runText(run));
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
  onRun('remove', 'remove a run that has ended or is paused, with its checkpoints').action(
    async (id: string, options: ConnectionOptions) => {
      await connect(options, context).remove(id);
      terminal.result({ removed: id }, `${id} is removed`);
    },
  );
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

/** A run that trains stops later than the answer comes. */
function stopText(run: RunStatus): [RunStatus, string] {
  const { id, state } = run;
  const isOver = state === 'cancelled' || state === 'paused';
  return [run, isOver ? `${id} is ${state}` : `${id} stops after the step in progress`];
}
