#!/usr/bin/env node
import { CommanderError } from 'commander';
import { exitCodeOf } from './terminal/exit-code.js';
import { tandem } from './tandem.js';
import { openTerminal } from './terminal/terminal.js';

const { env: environment, stdout, stderr, argv } = process;
const terminal = openTerminal({ json: argv.includes('--json'), stdout, stderr, environment });
const program = await tandem({ terminal, environment }, argv[2]);

// A reader such as `head` closes our output when it has seen enough. Then we end quietly, as other programs do.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  if (argv.length > 2) await program.parseAsync(argv);
  else program.outputHelp();
} catch (error) {
  const isHelp = error instanceof CommanderError;
  if (!isHelp) terminal.fail(error);
  process.exitCode = isHelp ? error.exitCode : exitCodeOf(error);
}
