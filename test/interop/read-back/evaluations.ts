import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { openDataset } from '#data/dataset/dataset.js';
import { prepareEmojiDatasets } from '#data/prepare/emoji/emoji-datasets.js';
import { openDevice } from '#engine/run/open-device.js';
import type { RetrievalResult } from '#evaluate/reports/retrieval-report.js';
import type { ZeroShotResult } from '#evaluate/reports/zero-shot-report.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import type { RunConfigInput } from '#protocol/run/run-config.js';
import { openStore } from '#store/open-store.js';
import { writeCheckpoint } from '#store/run/checkpoint.js';
import { encodeFloat32, float32Values } from '#store/safetensors/safetensors.js';
import { trainInOneProcess } from '../../../bench/workload/pool/one-process.js';
import { root } from '../../support/source-files.js';
import type { Python } from '../python.js';
import { notInstalled, type Row } from '../table.js';
import { tandem } from '../tandem-command.js';

/** What Tandem or a tool measures of a model on a data set. */
interface Measured {
  readonly top1: number;
  readonly top5: number;
  /** Recall by K. */
  readonly textOfImage: Readonly<Record<string, number>>;
  readonly imageOfText: Readonly<Record<string, number>>;
}

interface Evaluated {
  readonly name: string;
  readonly model: string;
  readonly tars: readonly string[];
  readonly classes: readonly string[];
  readonly templates: readonly string[];
  readonly images: number;
  readonly captions: number;
  /** Of 1,000 pictures, or captions, how many may be ranked otherwise; one always may. */
  readonly otherwisePerMille: number;
  readonly measured: Measured;
}

interface Answer {
  readonly name: string;
  readonly tool: string;
  readonly version?: string;
  readonly measured?: Measured;
  readonly failed?: string;
}

const templates = ['{object}', 'an emoji of {object}', 'a drawing of {object}'];

/**
 * A model that is trained here, exported for open_clip and evaluated by the tools and by `tandem evaluate`. Pictures of
 * the model's size are the same numbers in each, so only a tie of two scores, within rounding, may fall otherwise.
 * Larger ones are resized: Pillow rounds to whole levels between its two passes and Tandem does not (resample.ts).
 */
export async function evaluationRows(python: Python, folder: string): Promise<Row[]> {
  await mkdir(folder);
  const small = await writeEmoji(join(folder, 'small'), 32);
  const checkpoint = await trainedCheckpoint(folder, small.train);
  const model = join(folder, 'open_clip');
  await tandem('convert', checkpoint, model, '--format', 'open_clip');
  const large = await writeEmoji(join(folder, 'large'), 80);
  const evaluated = [
    await evaluate({ name: "pictures of the model's size", checkpoint, model, data: small.seen, otherwisePerMille: 0 }),
    await evaluate({ name: 'larger pictures', checkpoint, model, data: large.seen, otherwisePerMille: 10 }),
  ];
  const jobs = join(folder, 'jobs.json');
  await writeFile(jobs, JSON.stringify(evaluated));
  const answers = python.run('read-back/evaluate_model.py', jobs).trim().split('\n');
  return answers.flatMap((line) => {
    const answer = JSON.parse(line) as Answer;
    return rowsOf(
      evaluated.find(({ name }) => name === answer.name)!,
      answer,
    );
  });
}

function rowsOf(evaluated: Evaluated, { name, tool, version, measured, failed }: Answer): Row[] {
  if (version === undefined) return [notInstalled(name, `evaluated by ${tool}`)];
  const what = `evaluated by ${tool} ${version}`;
  if (!measured) return [{ name, what, result: failed ?? '', isRight: false }];
  const { images, captions } = evaluated;
  const row = (title: string, of: number, sharesOf: (one: Measured) => readonly number[]): Row => {
    const [shares, own] = [sharesOf(measured), sharesOf(evaluated.measured)];
    const otherwise = Math.max(
      ...own.map((share, at) => Math.abs(Math.round(share * of) - Math.round(shares[at]! * of))),
    );
    const percents = shares.map((share) => (100 * share).toFixed(1)).join(', ');
    return {
      name: `${title}, ${name}`,
      what,
      result: `${percents} %, ${otherwise === 0 ? 'equal' : `${otherwise} of ${of} otherwise`}`,
      isRight: otherwise <= Math.max(1, Math.floor((of * evaluated.otherwisePerMille) / 1000)),
    };
  };
  return [
    row('zero-shot top-1, 5', images, ({ top1, top5 }) => [top1, top5]),
    row('text of an image, R@1, 5, 10', images, ({ textOfImage }) => Object.values(textOfImage)),
    row('image of a text, R@1, 5, 10', captions, ({ imageOfText }) => Object.values(imageOfText)),
  ];
}

/** Every sixteenth emoji: in all training styles, and in one of them. No two pictures of a style share a caption. */
async function writeEmoji(folder: string, side: number): Promise<{ readonly train: string; readonly seen: string }> {
  const [train, seen] = [join(folder, 'train'), join(folder, 'seen')];
  const stores = { train: openStore(train), seen: openStore(seen), heldOut: openStore(join(folder, 'held-out')) };
  await prepareEmojiDatasets({ packages: join(root, 'demo', 'node_modules'), ...stores, side, every: 16 });
  for (const store of Object.values(stores)) await store.close();
  return { train, seen };
}

/** The demo's recipe for so few steps that the model is often wrong, which makes accuracies a test. */
async function trainedCheckpoint(folder: string, train: string): Promise<string> {
  const recipe = parse(await readFile(join(root, 'demo', 'run.yaml'), 'utf8')) as RunConfigInput;
  const { evaluation: _, ...rest } = recipe;
  const document: RunConfigInput = {
    ...rest,
    data: { ...rest.data, train },
    ...{ batch: 64, shards: 1, steps: 160, schedule: { kind: 'cosine', warmupSteps: 16 } },
  };
  const device = await openDevice({ kind: 'cpu', threads: 2 });
  const { config, tokenizer, state } = await trainInOneProcess(device, document);
  await device.close();
  const values = float32Values(state.parameters);
  const tensors = parameterSpecs(config.model).map(
    ({ name, shape }) => [name, { shape, data: values[name]! }] as const,
  );
  const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const store = openStore(folder);
  const key = await writeCheckpoint(
    store,
    'checkpoints',
    { step: state.step, epoch: 1 },
    {
      'parameters.safetensors': encodeFloat32(Object.fromEntries(tensors)),
      'config.json': json(config),
      'tokenizer.json': json(tokenizer.document),
    },
  );
  await store.close();
  return join(folder, key);
}

interface EvaluationOf extends Pick<Evaluated, 'name' | 'model' | 'otherwisePerMille'> {
  readonly checkpoint: string;
  readonly data: string;
}

/** What `tandem evaluate` measures of the checkpoint, and what a tool needs to measure the same of the export. */
async function evaluate({ checkpoint, data, ...rest }: EvaluationOf): Promise<Evaluated> {
  const options = ['--weights', checkpoint, '--store', `${data}-features`, '--json'];
  const prompts = templates.flatMap((template) => ['--template', template]);
  const { accuracy } = JSON.parse(
    await tandem('evaluate', 'zero-shot', data, ...options, ...prompts),
  ) as ZeroShotResult;
  const { textOfImage, imageOfText, ...retrieval } = JSON.parse(
    await tandem('evaluate', 'retrieval', data, ...options),
  ) as RetrievalResult;
  if (retrieval.sharedCaptions > 0) throw new Error('expected no caption twice: which of equals comes first is open');
  const store = openStore(data);
  const { groups } = await openDataset(store);
  await store.close();
  const names = (await readdir(data)).filter((name) => name.endsWith('.tar')).sort();
  return {
    ...rest,
    templates,
    tars: names.map((name) => join(data, name)),
    classes: groups!.names,
    images: accuracy.images,
    captions: retrieval.captions,
    measured: { ...accuracy, textOfImage: textOfImage.at, imageOfText: imageOfText.at },
  };
}
