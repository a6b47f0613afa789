import { tandem } from '../tandem.js';
import type { CommandContext } from '../command-context.js';

/** Runs commands of `tandem` in this process, as a user would, and returns what --json prints. */
export interface PaperCommands {
  run<Result>(...args: readonly string[]): Promise<Result>;
}

/** Each command is shown before it runs, and its text after it. */
export function paperCommands(context: CommandContext): PaperCommands {
  return {
    async run(...args) {
      const { terminal } = context;
      terminal.say(`\n$ ${context.command(...args)}`);
      let result: unknown;
      const quiet = {
        ...terminal,
        result(value: unknown, text: string) {
          result = value;
          terminal.update('');
          terminal.say(text.replaceAll(/^(?=.)/gm, '  '));
        },
      };
      const program = await tandem({ ...context, terminal: quiet }, args[0]);
      await program.parseAsync(['node', 'tandem', ...args]);
      return result as never;
    },
  };
}
