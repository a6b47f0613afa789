import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { connect, withConnection, type ConnectionOptions } from '../command-options.js';

export function addCancelCommand(command: Command, context: CommandContext): Command {
  return withConnection(command.argument('<run>', 'id of a run')).action(
    async (id: string, options: ConnectionOptions) => {
      const run = await connect(options, context).cancel(id);
      context.terminal.result(
        run,
        `${run.id} ${run.state === 'cancelled' ? 'is cancelled' : 'stops after the step in progress'}`,
      );
    },
  );
}
