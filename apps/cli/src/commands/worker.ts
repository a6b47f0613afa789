import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { runApp } from '../run-app.js';

export function addWorkerCommand(program: Command, _context: CommandContext): Command {
  return runApp(program.command('worker').description('run a worker, which takes tasks until it is stopped'), 'worker');
}
