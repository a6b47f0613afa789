import type { Command } from 'commander';
import { verifyDataset, type Verification } from '#data/inspect/verify-dataset.js';
import { ExitCode } from '#protocol/exit-code.js';
import { shownList } from '#protocol/input/shown.js';
import { bytes, duration, whole, wholePercent } from '#report/figures.js';
import { openStore } from '#store/open-store.js';
import type { CommandContext } from '../command-context.js';
import { s3AccessOf } from '../command-options.js';
import { counted } from '../terminal/words.js';

/** `tandem dataset verify`. */
export function addVerifyCommand(dataset: Command, { terminal, environment }: CommandContext): void {
  dataset
    .command('verify')
    .description('read all of a data set, check every checksum, and name what is damaged; exit code 1 if anything is')
    .argument('<data>', 'data set: a directory, or a file: or s3: URL')
    .option('--json', 'print the result as one JSON document')
    .action(async (data: string) => {
      const store = openStore(data, s3AccessOf(environment));
      const startMs = performance.now();
      try {
        const result = await verifyDataset(store, (share) => terminal.update(`  ${wholePercent(share)} read`));
        const seconds = (performance.now() - startMs) / 1000;
        terminal.result({ url: store.url, ...result, seconds }, verifyText(result, store.url, seconds));
        if (result.damaged.length > 0) process.exitCode = ExitCode.Failed;
      } finally {
        await store.close();
      }
    });
}

export function verifyText(result: Verification, url: string, seconds: number): string {
  const { name, pairs, files, damaged } = result;
  const read = `${counted(files, 'file')}, ${bytes(result.bytes)}, ${duration(seconds)}`;
  if (damaged.length === 0) return `${name}: all ${whole(pairs)} pairs in ${url} are as they were written (${read})`;
  return [
    `${name}: ${counted(damaged.length, 'file')} of ${files} in ${url} ${damaged.length === 1 ? 'is' : 'are'} damaged`,
    ...damaged.flatMap(({ key, problem, lostPairs }) => [
      `  ${key}: ${problem}.`,
      ...(lostPairs.length > 0
        ? [`    pictures that cannot be read: ${shownList(lostPairs.slice(0, 11), ', ', lostPairs.length)}`]
        : []),
    ]),
    '  Copy these files again from where the data set came from, or prepare it again.',
  ].join('\n');
}
