import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { connect, withConnection, type ConnectionOptions } from '../command-options.js';
import { runTable, runText } from '../run/run-text.js';

export function addStatusCommand(command: Command, context: CommandContext): Command {
  return withConnection(command.argument('[run]', 'id of a run')).action(
    async (id: string | undefined, options: ConnectionOptions) => {
      const api = connect(options, context);
      if (id === undefined) {
        const runs = await api.runs();
        context.terminal.result({ runs }, runTable(runs));
      } else {
        const run = await api.run(id);
        context.terminal.result(run, runText(run));
      }
    },
  );
}
