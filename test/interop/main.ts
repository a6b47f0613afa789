import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { openDevice } from '#engine/run/open-device.js';
import type { TandemError } from '#protocol/tandem-error.js';
import { openModelWeights } from '#weights/model-weights.js';
import { openStore } from '#store/open-store.js';
import { captionDifferences, signDifferences, type ExpectedCaptions } from './captions.js';
import { dataFile, preparedPairs } from './data-sources.js';
import { differences, type ExpectedFile } from './embeddings.js';
import { exportJobs, type Job } from './exports.js';
import { pictureDifferences, readExpectedPictures } from './pictures.js';
import { openPython, type Python } from './python.js';
import { dataSetRows } from './read-back/data-sets.js';
import { evaluationRows } from './read-back/evaluations.js';
import { notInstalled, rowOf, tableOf, type Row } from './table.js';

/*
 * Has the newest transformers and open_clip write models, reads them, writes them in other formats and has the tools
 * read those again. Has CLIP_benchmark and open_clip evaluate a model that was trained here. Has pandas, polars,
 * img2dataset and webdataset write data, and prepares it; has webdataset and datasets read what was prepared. Compares
 * pictures with torchvision's and captions with ftfy's. Prints a row for each and exits with 1 if a model differs by
 * more than 1e-5, a picture by more than 2 of 255, or anything else at all, but for ties (evaluations.ts). --python
 * PATH takes a Python that has the tools; otherwise a venv is made, which downloads them.
 */

const { values } = parseArgs({ options: { python: { type: 'string' }, keep: { type: 'boolean' } } });
const folder = await mkdtemp(join(tmpdir(), 'tandem-interop-'));
try {
  const python = openPython(values.python, folder);
  const fixtures = join(folder, 'fixtures');
  python.run('make_fixtures.py', fixtures);
  const expected = JSON.parse(await readFile(join(fixtures, 'expected.json'), 'utf8')) as ExpectedFile;
  const rows = [
    ...(await rowsOr('models', () => readRows(fixtures, expected))),
    ...(await rowsOr('models', () => curedRows(python, fixtures, expected))),
    ...(await rowsOr('models', () => writtenRows(python, fixtures, expected))),
    ...(await rowsOr('evaluations', () => evaluationRows(python, join(folder, 'evaluations')))),
    ...(await rowsOr('data', () => dataRows(python))),
    ...(await rowsOr('data', () => dataSetRows(python, join(folder, 'data-sets')))),
    ...(await rowsOr('pictures', () => pictureRows(python))),
    ...(await rowsOr('captions', () => captionRows(python))),
  ];
  const versions = Object.entries(expected.versions).map(([tool, version]) => `${tool} ${version}`);
  process.stdout.write(`${versions.join(', ')}\n\n${tableOf(rows)}\n`);
  process.exitCode = rows.every(({ isRight }) => isRight) ? 0 : 1;
} finally {
  if (values.keep) process.stdout.write(`Kept in ${folder}\n`);
  else await rm(folder, { recursive: true });
}

/** A tool that is missing costs its own rows, and not the others. */
async function rowsOr(name: string, rows: () => Promise<Row[]>): Promise<Row[]> {
  try {
    return await rows();
  } catch (error) {
    return [{ name, what: 'could not run', result: lastLine((error as Error).message), isRight: false }];
  }
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}

/** The models that the tools wrote, read here. */
async function readRows(fixtures: string, expected: ExpectedFile): Promise<Row[]> {
  const device = await openDevice({ kind: 'cpu', threads: 1 });
  const rows: Row[] = [];
  for (const { name, path } of expected.files) {
    const weights = await openModelWeights(join(fixtures, path));
    const { image, text } = await differences(device, weights, expected.images, expected.models[name]!);
    rows.push(rowOf(path, 'read here', Math.max(image, text)));
    await weights.close();
  }
  await device.close();
  return rows;
}

/** What only Python can read, read here after the line that the refusal names was run. */
async function curedRows(python: Python, fixtures: string, expected: ExpectedFile): Promise<Row[]> {
  const device = await openDevice({ kind: 'cpu', threads: 1 });
  const { config, close } = await openModelWeights(join(fixtures, 'wrapped/net.pt'));
  await close();
  const rows: Row[] = [];
  for (const name of ['whole-module.pt', 'namespace.pt']) {
    const path = join(fixtures, 'wrapped', name);
    const refusal: unknown = await openModelWeights(path).catch((error: unknown) => error);
    const [, line = ''] = /python -c "(.*)"/s.exec((refusal as TandemError).help ?? '') ?? [];
    const out = join(folder, name);
    python.line(line.replace('IN', path).replace('OUT', out));
    const weights = await openModelWeights(out, { config });
    const { image, text } = await differences(device, weights, expected.images, expected.models['trained']!);
    rows.push(rowOf(`wrapped/${name}`, 'read here after its cure', Math.max(image, text)));
    await weights.close();
  }
  await device.close();
  return rows;
}

/** What is written here, read by the tools. */
async function writtenRows(python: Python, fixtures: string, expected: ExpectedFile): Promise<Row[]> {
  const jobs: Job[] = await exportJobs(folder, fixtures, expected);
  const list = join(folder, 'jobs.json');
  await writeFile(list, JSON.stringify(jobs));
  return python
    .run('read_back.py', list)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer)
    .map(({ name, tool, image = 0, text = 0, tokens = true, failed }) => {
      const what = `read by ${tool}`;
      if (failed !== undefined) return { name, what, result: failed, isRight: false };
      if (!tokens) return { name, what, result: 'other tokens', isRight: false };
      return rowOf(name, what, Math.max(image, text));
    });
}

/** Pictures as torchvision's transform prepares them, to 2 of 255. */
async function pictureRows(python: Python): Promise<Row[]> {
  const pictures = join(folder, 'pictures');
  python.run('make_pictures.py', pictures);
  const rows: Row[] = [];
  for (const picture of (await readExpectedPictures(pictures)).pictures) {
    const { seen, prepared } = await pictureDifferences(pictures, picture, join(folder, 'scripts'));
    for (const [what, levels] of [
      ['seen here', seen],
      ['by prepare-image.js', prepared],
    ] as const)
      rows.push({ name: picture.name, what, result: `${levels.toFixed(1)} of 255`, isRight: levels <= 2 });
  }
  return rows;
}

/** Captions as openai/CLIP reads them, with ftfy. */
async function captionRows(python: Python): Promise<Row[]> {
  const path = join(folder, 'captions.json');
  python.run('make_captions.py', path);
  const captions = JSON.parse(await readFile(path, 'utf8')) as ExpectedCaptions;
  const rowFor = (name: string, count: number, { length }: readonly unknown[]): Row => ({
    name: `${count} ${name}`,
    what: `as ftfy ${captions.versions['ftfy']} reads them`,
    result: `${length} otherwise`,
    isRight: length === 0,
  });
  const { count, differences: ofSigns } = signDifferences(captions);
  return [
    rowFor('letters before signs', count, ofSigns),
    rowFor('captions', captions.captions.length, captionDifferences(captions)),
  ];
}

interface Answer {
  readonly name: string;
  readonly tool: string;
  readonly image?: number;
  readonly text?: number;
  readonly tokens?: boolean;
  readonly failed?: string;
}

/** Data that the tools wrote, prepared here: pictures and captions must be equal. */
async function dataRows(python: Python): Promise<Row[]> {
  const written = join(folder, 'data');
  python.run('make_data_fixtures.py', written);
  const store = openStore(`file:${join(folder, 'prepared')}`);
  const { sources, versions, missing = [] } = dataFile(written);
  const rows = missing.map((tool) => notInstalled(tool, 'prepared here'));
  for (const source of sources) {
    const { pairs, leftOut } = await preparedPairs(written, source, store);
    const isRight = leftOut.length === 0 && isDeepStrictEqual(pairs, source.pairs);
    const tool = [source.tool, versions[source.tool]].filter((part) => part !== undefined).join(' ');
    const what = `${tool}, prepared here`;
    rows.push({ name: source.path, what, result: isRight ? `${pairs.length} pairs` : 'other pairs', isRight });
  }
  await store.close();
  return rows;
}
