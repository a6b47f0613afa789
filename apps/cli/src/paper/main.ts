import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { exitCodeOf } from '#protocol/exit-code.js';
import { countUpTo } from '../command-options.js';
import { repository } from '../demo/demo-folder.js';
import { commandLine } from '../terminal/command-line.js';
import { openTerminal } from '../terminal/terminal.js';
import { walkPaper } from './paper-walk.js';

/* `npm run paper`: from a corpus to the paper's three figures, on this machine. */

const { env: environment, stdout, stderr } = process;
const command = new Command('paper')
  .option('--out <dir>', 'folder of the page and all that leads to it', join(repository, 'paper'))
  .option('--steps <n>', 'steps of a training on all data', countUpTo(1_000_000), 400)
  .option('--batch <n>', 'pairs of a step', countUpTo(1_048_576), 96)
  .option('--every <n>', 'draw only every so many-th emoji', countUpTo(100), 1)
  .option('--shares <list>', 'shares of the data for the curve of accuracy against data', '1/16,1/8,1/4,1/2,1')
  .option('--per-query <n>', 'pairs of a query that are kept, at most', countUpTo(1_000_000), 200)
  .option('--workers <n>', 'number of worker processes', countUpTo(256), 2)
  .option('--json', 'print the result as one JSON document')
  .parse();
const {
  out,
  json = false,
  ...options
} = command.opts<{ out: string; json?: boolean } & Parameters<typeof walkPaper>[0]>();
const terminal = openTerminal({ json, stdout, stderr, environment });
const script = join(repository, 'scripts', 'tandem.mjs');
const context = {
  terminal,
  environment,
  command: commandLine({ script, environment, workingDirectory: process.cwd() }),
};
try {
  await walkPaper({ ...options, out: resolve(out) }, context);
} catch (error) {
  terminal.fail(error);
  process.exitCode = exitCodeOf(error);
}
