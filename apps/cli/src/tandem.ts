import { readFileSync } from 'node:fs';
import { Command, type CommanderError } from 'commander';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { exitCodeHelp } from './terminal/exit-code.js';
import type { CommandContext } from './command-context.js';

/**
 * The `tandem` command with all its subcommands, or only with the one named, because loading all takes a second. It
 * never ends the process: it throws a usage error as CONFIG_INVALID, and --help as a CommanderError of exit code 0.
 */
export async function tandem(context: CommandContext, name?: string): Promise<Command> {
  const program = new Command('tandem')
    .description('Train your own CLIP on a pool of workers that come, go and die, and get the same numbers every time.')
    .version(version(), '-V, --version')
    .exitOverride(refuse)
    .configureOutput({ writeErr: () => undefined }) // main.ts prints the thrown error, as text or as JSON
    .configureHelp({ showGlobalOptions: false })
    .addHelpText('after', exitCodeHelp);
  const wanted = commands.filter((command) => command.name === name);
  for (const { load } of wanted.length > 0 ? wanted : commands)
    (await load())(program, context).option('--json', 'print the result as one JSON document');
  return program;
}

type AddCommand = (program: Command, context: CommandContext) => Command;

const commands: readonly { readonly name: string; load(): Promise<AddCommand> }[] = [
  { name: 'demo', load: async () => (await import('./commands/demo.js')).addDemoCommand },
  { name: 'train', load: async () => (await import('./commands/train.js')).addTrainCommand },
  { name: 'coordinator', load: async () => (await import('./commands/coordinator.js')).addCoordinatorCommand },
  { name: 'worker', load: async () => (await import('./commands/worker.js')).addWorkerCommand },
  { name: 'submit', load: async () => (await import('./commands/submit.js')).addSubmitCommand },
  { name: 'runs', load: async () => (await import('./commands/runs.js')).addRunsCommand },
  { name: 'status', load: async () => (await import('./commands/status.js')).addStatusCommand },
  { name: 'cancel', load: async () => (await import('./commands/cancel.js')).addCancelCommand },
  { name: 'predict', load: async () => (await import('./commands/predict.js')).addPredictCommand },
  { name: 'convert', load: async () => (await import('./commands/convert.js')).addConvertCommand },
  { name: 'export', load: async () => (await import('./commands/export.js')).addExportCommand },
  { name: 'dataset', load: async () => (await import('./commands/dataset.js')).addDatasetCommand },
  { name: 'models', load: async () => (await import('./commands/models.js')).addModelsCommand },
  { name: 'profile', load: async () => (await import('./commands/profile.js')).addProfileCommand },
  { name: 'devices', load: async () => (await import('./commands/devices.js')).addDevicesCommand },
];

function refuse(error: CommanderError): never {
  if (error.exitCode === 0) throw error;
  const message = error.message.replace(/^error: /, '');
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: message.charAt(0).toUpperCase() + message.slice(1),
    help: '`tandem --help` lists the commands, `tandem COMMAND --help` its options.',
  });
}

function version(): string {
  const path = new URL('../../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }).version;
}
