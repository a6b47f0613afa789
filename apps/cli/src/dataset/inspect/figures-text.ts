import type { DatasetFigures } from '#data/inspect/dataset-figures.js';
import type { HistogramBar } from '#data/inspect/histogram.js';
import { bytes, percent, whole } from '#report/figures.js';
import { table } from '../../terminal/table.js';

const namesShown = 8;

/** The figures of a data set for a terminal. */
export function figuresText(figures: DatasetFigures, url: string): string {
  const { name, pairs, captions, languages, groups, images } = figures;
  const named = (all: readonly { readonly name: string; readonly count: number }[], of: number): string => {
    const shown = all.slice(0, namesShown).map((one) => `${one.name} ${percent(one.count / Math.max(1, of))}`);
    return [...shown, ...(all.length > namesShown ? [`and ${whole(all.length - namesShown)} more`] : [])].join(', ');
  };
  const rows = [
    ['captions', `${whole(captions.count)}, ${whole(captions.distinct)} of them different`],
    ['words', barsText(captions.words, captions.count)],
    ['languages', named(languages.found, languages.lookedAt)],
    ['images', `${whole(images.lookedAt)} looked at: ${named(images.formats, images.lookedAt)}`],
    ['', `${bytes(images.bytes / Math.max(1, images.lookedAt))} each`],
    [
      'sides',
      `median ${whole(images.shorterSide.median)} pixels; ${barsText(images.shorterSide.bars, images.lookedAt)}`,
    ],
    ['alike', `${whole(images.equal)} equal to an earlier one, ${whole(images.alike)} look like one`],
    ...(groups ? [['groups', `${whole(groups.length)}: ${named(groups, pairs)}`]] : []),
  ];
  const lines = table(rows).split('\n');
  return [
    `${name}: ${whole(pairs)} pairs in ${url}`,
    ...lines.map((line) => `  ${line}`),
    ...figureRemarks(figures).map((remark) => `  ${remark}`),
  ].join('\n');
}

function barsText(bars: readonly HistogramBar[], count: number): string {
  return bars.map((bar) => `${bar.from}+ ${percent(bar.count / Math.max(1, count))}`).join(', ');
}

/** What stands out. */
export function figureRemarks({ captions, images, pairs }: DatasetFigures): string[] {
  const share = (count: number): string => percent(count / Math.max(1, images.lookedAt));
  return [
    ...(images.lookedAt < pairs
      ? [`Only ${whole(images.lookedAt)} of the images were looked at, evenly spread; --images looks at more.`]
      : []),
    ...(captions.longShare > 0
      ? [`${percent(captions.longShare)} of the captions have more tokens than a context of 77.`]
      : []),
    ...(images.equal + images.alike > 0
      ? [
          `${share(images.equal + images.alike)} of the images that were looked at look like an earlier one: pairs ` +
            'with the same image are wrong answers to each other.',
        ]
      : []),
    ...(images.unreadable.length > 0 ? [`${share(images.unreadable.length)} of the images cannot be read.`] : []),
  ];
}
