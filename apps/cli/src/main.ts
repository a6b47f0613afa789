#!/usr/bin/env node
import { CommanderError } from 'commander';
import { exitCodeOf } from './exit-code.js';
import { tandem } from './tandem.js';
import { openTerminal } from './terminal.js';

const { env: environment, stdout, stderr, argv } = process;
const terminal = openTerminal({ json: argv.includes('--json'), stdout, stderr, environment });
const program = tandem({ terminal, environment });

try {
  if (argv.length > 2) await program.parseAsync(argv);
  else program.outputHelp();
} catch (error) {
  const isHelp = error instanceof CommanderError;
  if (!isHelp) terminal.fail(error);
  process.exitCode = isHelp ? error.exitCode : exitCodeOf(error);
}
