import type { DownloadAccount } from '#download/download-account.js';
import type { DownloadProgress } from '#download/download-list.js';
import { duration, whole, wholePercent } from '#report/figures.js';
import type { CommandLine } from '../terminal/command-line.js';
import type { Part } from './part.js';
import { tallyLines } from './tally-lines.js';

export interface DownloadOutcome {
  readonly account: DownloadAccount;
  readonly list: string;
  readonly target: string;
  readonly seconds: number;
  readonly part: Part | undefined;
}

/** What became of the pictures of a list, and the next command. */
export function downloadText(outcome: DownloadOutcome, command: CommandLine): string {
  const { account, list, target, seconds, part } = outcome;
  const { pictures, stored, duplicates, failed, unsettled, leftOut, said } = account;
  const share = part ? `, part ${part.part} of ${part.parts}` : '';
  const next = [
    ...(unsettled > 0
      ? [`  ${command('dataset', 'download', list, target)}   # tries ${whole(unsettled)} again, with the same options`]
      : []),
    ...(part
      ? [`  ${command('dataset', 'download', list, target)}   # with all parts in one folder: takes duplicates out`]
      : [`  ${command('dataset', 'prepare', target, `${target.replace(/\/+$/, '')}-data`)}`]),
  ];
  return [
    `${whole(stored)} of ${whole(pictures)} pictures of ${list}${share} in ${target}, after ${duration(seconds)}`,
    ...said.map((sentence, at) => `  ${(at === 0 ? 'read as' : '').padEnd(8)}  ${sentence}`),
    ...(duplicates > 0 ? [`  dropped   ${whole(duplicates)} that look like an earlier picture`] : []),
    ...tallyLines(
      'failed',
      failed.map((one) => ({ ...one, what: one.canPass ? `${one.what}, which can pass` : one.what })),
    ),
    ...tallyLines('left out', leftOut),
    'Next:',
    ...next,
  ].join('\n');
}

/** The line that shows how far a download is. */
export function downloadProgressText({ share, stored, failed }: DownloadProgress, seconds: number): string {
  const rate = (stored + failed) / Math.max(seconds, 1e-3);
  return (
    `  ${whole(stored)} stored, ${whole(failed)} failed; ${whole(rate)} a second; ` +
    `${wholePercent(share)} of the list read`
  );
}
