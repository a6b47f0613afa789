import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { runApp } from '../run-app.js';

export function addCoordinatorCommand(program: Command, _context: CommandContext): Command {
  return runApp(
    program.command('coordinator').description('run the coordinator: the HTTP API and the training loop'),
    'coordinator',
  );
}
