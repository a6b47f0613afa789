import type { DatasetManifest } from '#data/dataset/dataset-manifest.js';
import { trainingAdvice } from '#data/dataset/training-advice.js';
import type { PrepareAccount, Tally } from '#data/prepare/prepare-account.js';
import type { PrepareProgress, PrepareSource } from '#data/prepare/prepare-dataset.js';
import { bytes, duration, whole, wholePercent } from '#report/figures.js';
import { clockTime } from '../terminal/words.js';

export interface PrepareOutcome {
  readonly manifest: DatasetManifest;
  readonly account: PrepareAccount;
  readonly source: PrepareSource;
  readonly url: string;
  readonly seconds: number;
}

/** The run that most people have in mind, as long as no document says more. */
const usualPlan = { contextLength: 77, imageSide: 224 };

/** What became of everything in a source, what trains badly, and the next command. */
export function prepareText(outcome: PrepareOutcome): string {
  const { manifest, account, url, seconds } = outcome;
  const { captions, distinctCaptions, imageBytes, leftOut, changed, ignored } = account;
  const images = account.pairs + leftOut.reduce((sum, { count }) => sum + count, 0);
  const groups = manifest.groups ? `, ${some(manifest.groups.count, 'group')}` : '';
  const pairs = some(manifest.pairs, 'pair');
  return [
    `${manifest.name}: ${pairs} in ${url}`,
    `  taken     ${pairs}: ${some(captions, 'caption')}, ${whole(distinctCaptions)} different` +
      `${groups}; ${bytes(imageBytes)} of images`,
    `  time      ${duration(seconds)}, ${whole(images / Math.max(seconds, 1e-3))} pictures a second`,
    ...tallyLines('left out', leftOut),
    ...tallyLines('changed', changed),
    ...(ignored.count > 0 ? tallyLines('not used', [{ ...ignored, what: 'files that are no part of a pair' }]) : []),
    ...hints(outcome).map((hint) => `  ${hint}`),
    ...trainingAdvice(account, usualPlan).map((sentence) => `  warning: ${sentence}`),
    `Next: a run document with data.train: ${url} (demo/run.yaml is one to start from), then`,
    '  tandem train --config run.yaml',
  ].join('\n');
}

/** The line that shows how far preparing is: counts, rate, and how much is left. */
export function progressText({ stored, skipped, share }: PrepareProgress, seconds: number): string {
  const done = stored + skipped;
  const rate = done / Math.max(seconds, 1e-3);
  const left = share > 0.01 && seconds > 2 ? `, ${clockTime((seconds * (1 - share)) / share)} left` : '';
  const total = share > 0.01 ? ` of about ${whole(Math.max(done, done / share))}` : '';
  return (
    `  ${whole(done)}${total} pictures (${wholePercent(share)}): ${some(stored, 'pair')}, ${whole(skipped)} left ` +
    `out; ${whole(rate)} a second${left}`
  );
}

function some(count: number, noun: string): string {
  return `${whole(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function tallyLines(title: string, tallies: readonly Tally[]): string[] {
  return tallies.map(({ what, count, examples }, at) => {
    const more = count > examples.length ? ', …' : '';
    return `  ${(at === 0 ? title : '').padEnd(8)}  ${whole(count)}: ${what}  (${examples.join(', ')}${more})`;
  });
}

/** What a folder's captions are made of, if anything but files says so, and what else could be. */
function hints({ source, account: { leftOut } }: PrepareOutcome): string[] {
  if (source.kind !== 'folder') return [];
  const { captionFrom, groupByFolder = false } = source;
  if (captionFrom === undefined && groupByFolder)
    return [
      'Images without a caption file have the name of their folder as caption; --caption-from name or both differ.',
    ];
  const isBare = captionFrom === undefined && leftOut.some(({ what }) => what === 'No caption.');
  return isBare ? ['--caption-from name, folder or both makes captions of names where there is no caption file.'] : [];
}
