import type { Command } from 'commander';
import { openDataset, type Dataset } from '#data/dataset/dataset.js';
import { datasetFigures, spreadPairs, type DatasetFigures } from '#data/inspect/dataset-figures.js';
import type { FoundImage } from '#report/evaluation-report.js';
import { whole } from '#report/figures.js';
import { writeEvaluation } from '#report/write-evaluation.js';
import { openStore } from '#store/open-store.js';
import type { CommandContext } from '../../command-context.js';
import { countUpTo, s3AccessOf } from '../../command-options.js';
import { datasetReport, type ShownImages } from './dataset-report.js';
import { figuresText } from './figures-text.js';

interface FiguresCommandOptions {
  readonly images: number;
}

interface InspectOptions extends FiguresCommandOptions {
  readonly out: string;
  readonly samples: number;
}

const imagesMax = 10_000_000;
const imagesUsual = 10_000;

/** `tandem dataset inspect` and `tandem dataset stats`: the same figures, as a page or as text. */
export function addInspectCommands(dataset: Command, context: CommandContext): void {
  const { terminal } = context;
  withFigures(dataset.command('inspect'))
    .description('look through a data set: a page with samples, sizes, lengths of captions, languages and duplicates')
    .option('--out <folder>', 'where report.html goes, with its figures as CSV, JSON and pictures', 'dataset-report')
    .option('--samples <n>', 'pairs that the page shows', countUpTo(1000), 48)
    .action(async (data: string, options: InspectOptions) => {
      await lookThrough(data, options, context, async (figures, opened, url) => {
        const images = await shownImages(opened, figures, options.samples);
        const report = datasetReport(figures, images, opened.licences, url);
        const files = await writeEvaluation(options.out, report, figures);
        terminal.result({ url, files, ...figures }, `${figuresText(figures, url)}\nReport: ${files[0]}`);
      });
    });
  withFigures(dataset.command('stats'))
    .description('the figures of a data set as text, or as JSON with --json')
    .action(async (data: string, options: FiguresCommandOptions) => {
      await lookThrough(data, options, context, async (figures, _, url) =>
        terminal.result({ url, ...figures }, figuresText(figures, url)),
      );
    });
}

function withFigures(command: Command): Command {
  return command
    .argument('<data>', 'data set: a directory, or a file: or s3: URL')
    .option('--images <n>', 'images to look at, evenly spread', countUpTo(imagesMax), imagesUsual)
    .option('--json', 'print the result as one JSON document');
}

async function lookThrough(
  data: string,
  { images }: FiguresCommandOptions,
  { terminal, environment }: CommandContext,
  then: (figures: DatasetFigures, dataset: Dataset, url: string) => Promise<void>,
): Promise<void> {
  const store = openStore(data, s3AccessOf(environment));
  try {
    const dataset = await openDataset(store);
    const onProgress = (count: number): void => terminal.update(`  ${whole(count)} images looked at`);
    await then(await datasetFigures(dataset, { images, onProgress }), dataset, store.url);
  } finally {
    await store.close();
  }
}

/** Duplicates that the page shows, each beside the earlier one. */
const duplicatesShown = 12;

async function shownImages(dataset: Dataset, figures: DatasetFigures, samples: number): Promise<ShownImages> {
  const shown: FoundImage[] = [];
  for (const index of spreadPairs(dataset.pairs, samples)) {
    const { key, image, captions } = await dataset.sample(index);
    shown.push({ key, image, caption: captions[0] ?? '' });
  }
  const wanted = figures.images.duplicates.slice(0, duplicatesShown);
  const places = await placesOf(dataset, new Set(wanted.flatMap(({ key, of }) => [of, key])));
  const duplicates: FoundImage[] = [];
  for (const { key, of } of wanted)
    for (const one of [of, key]) {
      const { image } = await dataset.sample(places.get(one)!);
      duplicates.push({ key: one, image, caption: one === of ? of : `${key}, a copy` });
    }
  return { samples: shown, duplicates };
}

async function placesOf(dataset: Dataset, keys: ReadonlySet<string>): Promise<Map<string, number>> {
  const places = new Map<string, number>();
  let at = 0;
  for await (const index of dataset.indexes())
    for (const { key } of index) {
      if (keys.has(key)) places.set(key, at);
      at++;
    }
  return places;
}
