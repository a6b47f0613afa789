import type { DatasetManifest } from '#data/dataset/dataset-manifest.js';
import { trainingAdvice } from '#data/dataset/training-advice.js';
import type { PrepareAccount } from '#data/prepare/prepare-account.js';
import type { PrepareProgress, PrepareSource } from '#data/prepare/prepare-dataset.js';
import { bytes, duration, percent, whole, wholePercent } from '#report/figures.js';
import type { HoldOutUnit } from '#data/prepare/hold-out.js';
import { yamlText } from '../run/recipes.js';
import type { CommandLine } from '../terminal/command-line.js';
import { placeText } from '../terminal/place-text.js';
import { clockTime } from '../terminal/words.js';
import { tallyLines } from './tally-lines.js';

export interface PrepareOutcome {
  readonly manifest: DatasetManifest;
  readonly account: PrepareAccount;
  readonly source: PrepareSource;
  readonly url: string;
  readonly seconds: number;
  readonly heldOut?: HeldOutOutcome | undefined;
  /** A held-out data set beside the target that this command has not made. */
  readonly heldOutBefore?: string | undefined;
  readonly command: CommandLine;
}

export interface HeldOutOutcome {
  readonly manifest: DatasetManifest;
  readonly url: string;
  readonly by: HoldOutUnit;
}

/** The run that most people have in mind, as long as no document says more. */
const usualPlan = { contextLength: 77, imageSide: 224 };

/** What became of everything in a source, what trains badly, and the next command. */
export function prepareText(outcome: PrepareOutcome): string {
  const { manifest, account, url, seconds } = outcome;
  const { captions, distinctCaptions, imageBytes, leftOut, changed, ignored, said } = account;
  const images = account.pairs + leftOut.reduce((sum, { count }) => sum + count, 0);
  const groups = manifest.groups ? `, ${some(manifest.groups.count, 'group')}` : '';
  return [
    `${manifest.name}: ${some(manifest.pairs, 'pair')}${groups} in ${url}`,
    ...heldOutLines(outcome),
    ...said.map((sentence, at) => `  ${(at === 0 ? 'read as' : '').padEnd(8)}  ${sentence}`),
    `  taken     ${some(account.pairs, 'pair')}: ${some(captions, 'caption')}, ` +
      `${whole(distinctCaptions)} different; ${bytes(imageBytes)} of images`,
    `  time      ${duration(seconds)}, ${whole(images / Math.max(seconds, 1e-3))} pictures a second`,
    ...tallyLines('left out', leftOut),
    ...tallyLines('changed', changed),
    ...tallyLines('not used', ignored),
    ...hints(outcome).map((hint) => `  ${hint}`),
    ...warnings(outcome).map((sentence) => `  warning: ${sentence}`),
    ...nextLines(outcome),
  ].join('\n');
}

function heldOutLines({ heldOut }: PrepareOutcome): string[] {
  if (!heldOut) return [];
  const { manifest, url, by } = heldOut;
  const groups = manifest.groups ? `, ${some(manifest.groups.count, 'group')}` : '';
  return [`held out by ${by}: ${some(manifest.pairs, 'pair')}${groups} in ${url}`];
}

/** With fewer an accuracy says little: the standard error of one of 50 % is above 7 %. */
const heldOutMin = 50;

function warnings({ manifest, account, heldOut, heldOutBefore }: PrepareOutcome): string[] {
  const advice = trainingAdvice({ ...account, pairs: manifest.pairs }, usualPlan);
  if (heldOut && heldOut.manifest.pairs < heldOutMin)
    advice.push(
      `Only ${some(heldOut.manifest.pairs, 'pair')} held out: each is ` +
        `${percent(1 / heldOut.manifest.pairs)} of an accuracy.`,
    );
  if (heldOut && !heldOut.manifest.groups)
    advice.push(
      'What is held out has no groups, which an evaluation asks for: give pairs a group (docs/data-sets.md).',
    );
  if (heldOutBefore !== undefined)
    advice.push(
      `There is a data set at ${heldOutBefore}, held out earlier. Its pairs are trained on now, if they are of this ` +
        'source: give --hold-out again, or remove it.',
    );
  return advice;
}

/** The next commands, and what a run document of one's own has to say. */
function nextLines({ url, heldOut, command }: PrepareOutcome): string[] {
  const place = placeText(url);
  const commands = [
    'Next:',
    `  ${command('train', '--recipe', 'small', '--data', place)}   # writes run.yaml`,
    `  ${command('train', '--config', 'run.yaml')}`,
  ];
  if (!heldOut?.manifest.groups) return [...commands, `A run document of your own says data.train: ${place}`];
  return [
    ...commands,
    'A run document of your own says:',
    `  data: { train: ${yamlText(place)} }`,
    `  evaluation: { everySteps: 100, zeroShot: [{ name: held-out, data: ${yamlText(placeText(heldOut.url))} }] }`,
    '  checkpoint: { keepBest: held-out }',
  ];
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

/** What paths are relative to, what a folder's captions are made of, and what else could be. */
function hints({ source, account: { leftOut } }: PrepareOutcome): string[] {
  if (source.kind === 'table' && source.imageFolder === undefined && leftOut.some(({ what }) => /ENOENT/.test(what)))
    return ['Paths are relative to the folder of the table; --image-folder names another.'];
  if (source.kind !== 'folder') return [];
  const { captionFrom, groupByFolder = false } = source;
  if (captionFrom === undefined && groupByFolder)
    return [
      'Images without a caption file have the name of their folder as caption; --caption-from name or both differ.',
    ];
  const isBare = captionFrom === undefined && leftOut.some(({ what }) => what.startsWith('No caption'));
  return isBare ? ['--caption-from name, folder or both makes captions of names where there is no caption file.'] : [];
}
