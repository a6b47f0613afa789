import { readFileSync } from 'node:fs';
import { Command, type CommanderError } from 'commander';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { exitCodeHelp } from '#protocol/exit-code.js';
import type { CommandContext } from './command-context.js';

/**
 * The `tandem` command with the subcommand named, or with the names and descriptions of all: loading them takes a
 * second, and only the one that is called is loaded. It never ends the process: it throws a usage error as
 * CONFIG_INVALID, and --help as a CommanderError of exit code 0.
 */
export async function tandem(context: CommandContext, name?: string): Promise<Command> {
  const program = new Command('tandem')
    .description('Train your own CLIP on a pool of workers that come, go and die, and get the same numbers every time.')
    .version(version(), '-V, --version')
    .exitOverride(refuse)
    .configureOutput({ writeErr: () => undefined }) // command-process.ts prints the thrown error, as text or as JSON
    .configureHelp({ showGlobalOptions: false })
    .addHelpText('after', exitCodeHelp);
  const wanted = commands.find((command) => command.name === name);
  if (wanted) {
    const add = await wanted.load();
    add(program.command(wanted.name).description(wanted.description), context).option(
      '--json',
      'print the result as one JSON document',
    );
    return program;
  }
  for (const command of commands) program.command(command.name).description(command.description);
  return program;
}

/** Adds arguments, options and action to a command. Returns the command that takes --json, if it is one inside it. */
type AddCommand = (command: Command, context: CommandContext) => Command;

interface NamedCommand {
  readonly name: string;
  readonly description: string;
  load(): Promise<AddCommand>;
}

const commands: readonly NamedCommand[] = [
  {
    name: 'demo',
    description: 'train a CLIP on emoji on this machine and show what it has learned',
    load: async () => (await import('./commands/demo.js')).addDemoCommand,
  },
  {
    name: 'train',
    description: 'train a run document on this machine: start Redis, coordinator and workers, and stop them at the end',
    load: async () => (await import('./commands/train.js')).addTrainCommand,
  },
  {
    name: 'coordinator',
    description: 'run the coordinator: the HTTP API and the training loop',
    load: async () => (await import('./commands/coordinator.js')).addCoordinatorCommand,
  },
  {
    name: 'worker',
    description: 'run a worker, which takes tasks until it is stopped',
    load: async () => (await import('./commands/worker.js')).addWorkerCommand,
  },
  {
    name: 'submit',
    description: 'submit a run document to the coordinator',
    load: async () => (await import('./commands/submit.js')).addSubmitCommand,
  },
  {
    name: 'runs',
    description: 'list, show, pause, resume, cancel or remove runs',
    load: async () => (await import('./commands/runs.js')).addRunsCommand,
  },
  {
    name: 'status',
    description: 'show one run, or list all of them',
    load: async () => (await import('./commands/status.js')).addStatusCommand,
  },
  {
    name: 'cancel',
    description: 'stop a run; the steps it has committed are kept',
    load: async () => (await import('./commands/cancel.js')).addCancelCommand,
  },
  {
    name: 'keys',
    description: 'list, create or revoke keys of the coordinator',
    load: async () => (await import('./access/keys-command.js')).addKeysCommand,
  },
  {
    name: 'audit',
    description: 'show who changed what at the coordinator, the newest first',
    load: async () => (await import('./access/audit-command.js')).addAuditCommand,
  },
  {
    name: 'predict',
    description: 'ask a trained model which of the given labels an image shows',
    load: async () => (await import('./commands/predict.js')).addPredictCommand,
  },
  {
    name: 'evaluate',
    description: 'measure a model: zero-shot, linear probe, few-shot, retrieval, accuracy against compute and data',
    load: async () => (await import('./evaluate/evaluate-command.js')).addEvaluateCommand,
  },
  {
    name: 'search',
    description: 'find the images of a data set that are nearest to a text or an image',
    load: async () => (await import('./evaluate/search-command.js')).addSearchCommand,
  },
  {
    name: 'convert',
    description: "write a model's weights in the format of another tool",
    load: async () => (await import('./commands/convert.js')).addConvertCommand,
  },
  {
    name: 'export',
    description: 'write a trained model as ONNX files that transformers.js and any ONNX runtime read',
    load: async () => (await import('./commands/export.js')).addExportCommand,
  },
  {
    name: 'dataset',
    description: 'download, prepare and look through data sets, make queries of text, and curate pairs by them',
    load: async () => (await import('./commands/dataset.js')).addDatasetCommand,
  },
  {
    name: 'models',
    description: 'list the models a run document can name, with their parameters, GFLOP, image size and context length',
    load: async () => (await import('./commands/models.js')).addModelsCommand,
  },
  {
    name: 'profile',
    description: "show where the time of a model's training step goes, by operator and by layer, on made-up data",
    load: async () => (await import('./commands/profile.js')).addProfileCommand,
  },
  {
    name: 'devices',
    description: 'try every device a worker could compute on here, and say what the others need',
    load: async () => (await import('./commands/devices.js')).addDevicesCommand,
  },
];

/** A usage error, with the cure that commander's own lacks: the names there are, where none is similar. */
function refuse(error: CommanderError): never {
  if (error.exitCode === 0) throw error;
  const message = error.message.replace(/^error: /, '').replace(/\n\(Did you mean (.*)\?\)$/s, '; did you mean $1?');
  const isLost = error.code === 'commander.unknownCommand' && message === error.message.replace(/^error: /, '');
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: message.charAt(0).toUpperCase() + message.slice(1),
    help: isLost
      ? `The commands are ${commands.map(({ name }) => name).join(', ')}; \`tandem --help\` describes them.`
      : '`tandem --help` lists the commands, `tandem COMMAND --help` its options.',
  });
}

function version(): string {
  const path = new URL('../../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }).version;
}
