import type { Terminal } from './terminal/terminal.js';

/** The terminal and environment that every command works with. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
}
