import { CommanderError } from 'commander';
import { endWithLauncher } from '#threads/launcher-watch.js';
import { exitCodeOf } from '#protocol/exit-code.js';
import { commandLine } from './terminal/command-line.js';
import { tandem } from './tandem.js';
import { openTerminal } from './terminal/terminal.js';

const { env: environment, stdout, stderr, argv } = process;
const terminal = openTerminal({ json: argv.includes('--json'), stdout, stderr, environment });
const command = commandLine({ script: argv[1] ?? '', environment, workingDirectory: process.cwd() });
const program = await tandem({ terminal, environment, command }, argv[2] === 'help' ? argv[3] : argv[2]);

endWithLauncher(environment);

// A reader such as `head` closes our output when it has seen enough. Then we end quietly, as other programs do.
// A terminal that is closed does not: what it was to show is lost, and the run that it followed is stopped in order.
for (const stream of [stdout, stderr])
  stream.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE' && stream === stdout) process.exit();
  });

try {
  if (argv.length > 2) await program.parseAsync(argv);
  else program.outputHelp();
} catch (error) {
  const isHelp = error instanceof CommanderError;
  if (!isHelp) terminal.fail(error);
  process.exitCode = isHelp ? error.exitCode : exitCodeOf(error);
}
