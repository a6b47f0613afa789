import type { CommandLine } from './terminal/command-line.js';
import type { Terminal } from './terminal/terminal.js';

/** What every command works with: the terminal, the environment, and how other commands are to be called. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly command: CommandLine;
  readonly environment: Readonly<Record<string, string | undefined>>;
}
