import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { CommandContext } from '../command-context.js';
import { countUpTo } from '../command-options.js';
import { runDemo } from '../demo/demo.js';
import { demoFolder } from '../demo/demo-folder.js';
import { watchInterrupt } from '../terminal/interrupt.js';

interface DemoCommandOptions {
  readonly minutes: number;
  readonly workers: number;
  readonly steps?: number;
  readonly out?: string;
  readonly keep?: boolean;
}

export function addDemoCommand(demo: Command, { terminal, command, environment }: CommandContext): Command {
  return demo
    .option('--minutes <n>', 'minutes to train for', minutes, 4)
    .option('--workers <n>', 'number of worker processes', countUpTo(256), 2)
    .option(
      '--steps <n>',
      'train this many steps instead of measuring how many fit into the time',
      countUpTo(1_000_000),
    )
    .option('--out <dir>', "folder for the report, result and checkpoint; Tandem's own demo/ if left out")
    .option('--keep', 'keep the whole store, in DIR/out/store, and leave the page of the coordinator up until Ctrl-C')
    .action(async ({ out, keep = false, ...options }: DemoCommandOptions) => {
      const interrupt = watchInterrupt();
      try {
        await runDemo({
          terminal,
          command,
          environment,
          signal: interrupt.signal,
          folder: demoFolder(out && resolve(out)),
          keep,
          ...options,
        });
      } finally {
        interrupt.close();
      }
    });
}

function minutes(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 100_000)) throw new InvalidArgumentError('Expected a number of minutes above 0.');
  return value;
}
