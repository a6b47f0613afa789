import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { runApp } from '../run-app.js';

export function addCoordinatorCommand(command: Command, _context: CommandContext): Command {
  return runApp(command, 'coordinator');
}
