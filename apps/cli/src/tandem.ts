import { readFileSync } from 'node:fs';
import { Command, type CommanderError } from 'commander';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { addCancelCommand } from './commands/cancel.js';
import { addConvertCommand } from './commands/convert.js';
import { addCoordinatorCommand } from './commands/coordinator.js';
import { addDatasetCommand } from './commands/dataset.js';
import { addDemoCommand } from './commands/demo.js';
import { addDevicesCommand } from './commands/devices.js';
import { addExportCommand } from './commands/export.js';
import { addModelsCommand } from './commands/models.js';
import { addPredictCommand } from './commands/predict.js';
import { addProfileCommand } from './commands/profile.js';
import { addStatusCommand } from './commands/status.js';
import { addSubmitCommand } from './commands/submit.js';
import { addTrainCommand } from './commands/train.js';
import { addWorkerCommand } from './commands/worker.js';
import { exitCodeHelp } from './exit-code.js';
import type { CommandContext } from './command-context.js';

/** The `tandem` command. Nothing in it ends the process: a usage error is thrown as CONFIG_INVALID, and so that --help ends here, a CommanderError with exit code 0. */
export function tandem(context: CommandContext): Command {
  const program = new Command('tandem')
    .description('Train your own CLIP on a pool of workers that come, go and die, and get the same numbers every time.')
    .version(version(), '-V, --version')
    .exitOverride(refuse)
    .configureOutput({ writeErr: () => undefined }) // the error thrown says it, as text or as JSON
    .configureHelp({ showGlobalOptions: false })
    .addHelpText('after', exitCodeHelp);
  for (const add of commands) add(program, context).option('--json', 'print the result as one JSON document');
  return program;
}

const commands: readonly ((program: Command, context: CommandContext) => Command)[] = [
  addDemoCommand,
  addTrainCommand,
  addCoordinatorCommand,
  addWorkerCommand,
  addSubmitCommand,
  addStatusCommand,
  addCancelCommand,
  addPredictCommand,
  addConvertCommand,
  addExportCommand,
  addDatasetCommand,
  addModelsCommand,
  addProfileCommand,
  addDevicesCommand,
];

function refuse(error: CommanderError): never {
  if (error.exitCode === 0) throw error;
  const message = error.message.replace(/^error: /, '');
  throw new TandemError({ code: ErrorCode.ConfigInvalid, message: message.charAt(0).toUpperCase() + message.slice(1), help: '`tandem --help` lists the commands, `tandem COMMAND --help` its options.' });
}

function version(): string {
  const path = new URL('../../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }).version;
}
