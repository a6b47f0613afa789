import type { DatasetFigures } from '#data/inspect/dataset-figures.js';
import type { HistogramBar } from '#data/inspect/histogram.js';
import { barChart } from '#report/chart/bar-chart.js';
import type { EvaluationChart, EvaluationReport, FoundImage } from '#report/evaluation-report.js';
import { bytes, percent, whole } from '#report/figures.js';
import type { Licence } from '#report/report.js';
import { figureRemarks } from './figures-text.js';

/** Images for the page. */
export interface ShownImages {
  readonly samples: readonly FoundImage[];
  /** Each after the one that it looks like. */
  readonly duplicates: readonly FoundImage[];
}

/** The page about a data set. */
export function datasetReport(
  figures: DatasetFigures,
  { samples, duplicates }: ShownImages,
  licences: readonly Licence[],
  url: string,
): EvaluationReport {
  const { name, pairs, captions, images, groups } = figures;
  return {
    title: `Data set: ${name}`,
    summary:
      `${whole(pairs)} pairs with ${whole(captions.count)} captions, ${whole(captions.distinct)} of them different` +
      `${groups ? `, in ${whole(groups.length)} groups` : ''}. ${whole(images.lookedAt)} images were looked at.`,
    facts: [
      { name: 'place', value: url },
      { name: 'hash', value: figures.hash },
      { name: 'median of the shorter side', value: `${whole(images.shorterSide.median)} pixels` },
      { name: 'mean size of an image', value: bytes(images.bytes / Math.max(1, images.lookedAt)) },
    ],
    remarks: figureRemarks(figures),
    charts: [
      bars('shorter-side', 'Size of the images', 'images', 'pixels of the shorter side', images.shorterSide.bars),
      bars('ratio', 'Shape of the images', 'images', 'longer side over shorter', images.ratio),
      bars('words', 'Length of the captions', 'captions', 'words', captions.words),
      bars('captions-per-pair', 'Captions of a pair', 'pairs', 'captions', captions.perPair),
    ],
    tables: tablesOf(figures),
    galleries: [],
    found: [
      { heading: 'Samples', note: `${whole(samples.length)} pairs, evenly spread.`, images: samples },
      ...(duplicates.length > 0
        ? [{ heading: 'Images that look alike', note: 'Each beside its copy.', images: duplicates }]
        : []),
    ],
    licences,
  };
}

function tablesOf({ languages, images, groups }: DatasetFigures): EvaluationReport['tables'] {
  const share = (count: number, of: number): string => percent(count / Math.max(1, of));
  return [
    {
      name: 'languages',
      heading: 'Languages of the captions',
      note: `By the first captions of ${whole(languages.lookedAt)} pairs. Short captions are often misjudged.`,
      columns: ['language', 'captions', 'share'],
      rows: languages.found.map(({ name, count }) => [name, count, share(count, languages.lookedAt)]),
    },
    {
      name: 'formats',
      heading: 'Formats of the images',
      columns: ['format', 'images', 'share'],
      rows: images.formats.map(({ name, count }) => [name, count, share(count, images.lookedAt)]),
    },
    ...(groups
      ? [
          {
            name: 'groups',
            heading: 'Groups',
            columns: ['group', 'pairs'],
            rows: groups.map(({ name, count }) => [name, count]),
          },
        ]
      : []),
    ...(images.duplicates.length > 0
      ? [
          {
            name: 'duplicates',
            heading: 'Images that look like an earlier one',
            columns: ['image', 'earlier image', 'file'],
            rows: images.duplicates.map(({ key, of, isEqual }) => [key, of, isEqual ? 'equal' : 'another']),
          },
        ]
      : []),
    ...(images.unreadable.length > 0
      ? [
          {
            name: 'unreadable',
            heading: 'Images that cannot be read',
            columns: ['image', 'reason'],
            rows: images.unreadable.map(({ key, reason }) => [key, reason]),
          },
        ]
      : []),
  ];
}

function bars(
  name: string,
  title: string,
  unit: string,
  below: string,
  histogram: readonly HistogramBar[],
): EvaluationChart {
  const frame = { width: 860, height: 360, fontSize: 14 };
  const groups = histogram.map(({ from, count }) => ({ label: String(from), values: [count] }));
  return {
    name,
    title,
    frame,
    draw: (palette) =>
      barChart({ title, unit, below: `${below}: from the number to the next`, series: [unit], groups }, frame, palette),
  };
}
