import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openDataset, type Dataset } from '#data/dataset/dataset.js';
import { openDevice } from '#engine/run/open-device.js';
import { clipEncoder } from '#evaluate/features/clip-encoder.js';
import { datasetFeatures, type DatasetFeatures } from '#evaluate/features/dataset-features.js';
import type { ImageEncoder } from '#evaluate/features/image-encoder.js';
import { openOnnxEncoder } from '#evaluate/features/onnx-encoder.js';
import type { EvaluatedData, EvaluatedModel } from '#evaluate/reports/evaluated.js';
import { openModelAt, type OpenedModel } from '#inference/open-model.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { EvaluationReport } from '#report/evaluation-report.js';
import { whole } from '#report/figures.js';
import { writeEvaluation } from '#report/write-evaluation.js';
import { canonicalUrl, openStore } from '#store/open-store.js';
import type { Store } from '#store/store.js';
import type { CommandContext } from '../command-context.js';
import { cacheOf, deviceOf, s3AccessOf } from '../command-options.js';
import { readModel } from '../models/model-config.js';
import { placeText } from '../terminal/place-text.js';
import { watchInterrupt } from '../terminal/interrupt.js';
import type { ModelOptions } from './model-options.js';
import { evaluationPool, type EvaluationPool, type EvaluationPoolOptions } from './evaluation-pool.js';
import { onnxPreparation } from './onnx-preparation.js';

/** A model that is being evaluated, and all that an evaluation needs. */
export interface EvaluationSession {
  readonly encoder: ImageEncoder;
  /** Undefined for an ONNX model, which has no text tower. */
  readonly clip: OpenedModel | undefined;
  readonly evaluated: EvaluatedModel;
  readonly store: Store;
  readonly threads: number;
  readonly signal: AbortSignal;
  /** Rewrites the live line. */
  update(line: string): void;
  /** Opens a data set and computes the features of its images, or reads them from the store. */
  open(url: string): Promise<OpenedData>;
}

export interface OpenedData {
  readonly dataset: Dataset;
  readonly extracted: DatasetFeatures;
  readonly evaluated: EvaluatedData;
}

export interface EvaluationOutcome {
  /** A plain value: what --json prints and result.json holds. */
  readonly result: object;
  readonly text: string;
  report(): EvaluationReport | Promise<EvaluationReport>;
}

/** Opens the model of the options, evaluates, prints the result and writes the files, and closes everything. */
export async function evaluateModel(
  options: ModelOptions,
  context: CommandContext,
  evaluate: (session: EvaluationSession) => Promise<EvaluationOutcome>,
): Promise<void> {
  await withSession(options, context, async (session) =>
    printOutcome(await evaluate(session), options.out, context.terminal),
  );
}

/** Prints a result and, where a folder is named, writes its files. */
export async function printOutcome(
  { result, text, report }: EvaluationOutcome,
  out: string | undefined,
  terminal: CommandContext['terminal'],
): Promise<void> {
  const written = out === undefined ? [] : await writeEvaluation(resolve(out), await report(), result);
  const files = written.length === 0 ? '' : `\n\n${written.map((path) => `  ${path}`).join('\n')}`;
  terminal.result({ ...result, ...(written.length > 0 && { written }) }, `${text}${files}`);
}

/** A session for the time of a call. */
export async function withSession<Result>(
  options: ModelOptions,
  context: CommandContext,
  use: (session: EvaluationSession) => Promise<Result>,
): Promise<Result> {
  const { terminal, environment } = context;
  const access = s3AccessOf(environment);
  const interrupt = watchInterrupt();
  const store = openStore(options.store, access);
  const places: Store[] = [];
  const opened = await openEncoder(options, context);
  let pool: EvaluationPool | undefined;
  try {
    const { encoder, clip, url } = opened;
    pool = poolOf(opened, { ...options, context, store, signal: interrupt.signal });
    for (const note of clip?.notes ?? []) terminal.say(`  ${note}`);
    return await use({
      encoder,
      clip,
      evaluated: { name: encoder.name, url, hash: encoder.hash, gigaflops: encoder.gigaflops ?? null },
      store,
      threads: options.threads,
      signal: interrupt.signal,
      update: (line) => terminal.update(line),
      async open(given) {
        const place = openStore(given, access);
        places.push(place);
        const dataset = await openDataset(place);
        await pool?.extract(dataset, given);
        const extracted = await datasetFeatures(encoder, dataset, {
          store,
          signal: interrupt.signal,
          onProgress: (done) =>
            terminal.update(`features of ${dataset.name}: ${whole(done)} of ${whole(dataset.pairs)} images`),
        });
        return { dataset, extracted, evaluated: dataOf(dataset, canonicalUrl(given, access), extracted) };
      },
    });
  } finally {
    interrupt.close();
    await pool?.close();
    await opened.close();
    for (const place of [...places, store]) await place.close();
  }
}

/** Throws CONFIG_INVALID where a pool is asked for an ONNX model. */
function poolOf(
  { encoder, clip }: OpenedEncoder,
  { weights, ...options }: Omit<EvaluationPoolOptions, 'weights' | 'clip' | 'encoder'> & Pick<ModelOptions, 'weights'>,
): EvaluationPool | undefined {
  if (options.workers === undefined && options.url === undefined) return undefined;
  if (clip && weights !== undefined) return evaluationPool({ ...options, weights, clip, encoder });
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `Evaluation: expected a CLIP to evaluate on a pool, got the image encoder ${encoder.name}.`,
    help: 'Leave --workers and --url out: an ONNX model runs in this process.',
  });
}

function dataOf({ name, hash }: Dataset, url: string, { read, skipped }: DatasetFeatures): EvaluatedData {
  return { name, url: placeText(url), hash, images: read.length, skipped };
}

interface OpenedEncoder {
  readonly encoder: ImageEncoder;
  readonly clip: OpenedModel | undefined;
  readonly url: string;
  close(): Promise<void>;
}

async function openEncoder(
  options: ModelOptions,
  { terminal, environment }: Pick<CommandContext, 'terminal' | 'environment'>,
): Promise<OpenedEncoder> {
  const { weights, onnx, name, model, batch, threads } = options;
  if (onnx !== undefined && weights === undefined) return openOnnx(onnx, options);
  if (weights === undefined || onnx !== undefined)
    throw new TandemError({
      code: ErrorCode.ConfigInvalid,
      message: `Model: expected one, got ${weights === undefined ? 'none' : 'both --weights and --onnx'}.`,
      help: 'Give --weights PATH of a checkpoint or of weights, or for a probe --onnx FILE.',
    });
  const limits = cacheOf(environment);
  const cache = limits && { ...limits, onEvent: (event: string) => terminal.say(event) };
  const device = await openDevice({ kind: deviceOf(options.device, environment), threads, cache });
  try {
    const clip = await openModelAt(weights, {
      device,
      batch,
      access: s3AccessOf(environment),
      ...(model !== undefined && { config: readModel(model).config }),
    });
    const encoder = clipEncoder(clip, name ?? nameOf(placeText(clip.url)));
    const close = async (): Promise<void> => {
      await encoder.close();
      await device.close();
    };
    return { encoder, clip, url: placeText(clip.url), close };
  } catch (error) {
    await device.close();
    throw error;
  }
}

/** What a model is called that nobody has named: the run and the step of a checkpoint, or the last part of its path. */
function nameOf(place: string): string {
  const [, run, step] = /([^/]+)\/checkpoints\/(\d+)[^/]*\/?$/.exec(place) ?? [];
  return run === undefined ? basename(place) : `${run}, step ${Number(step)}`;
}

async function openOnnx(path: string, options: ModelOptions): Promise<OpenedEncoder> {
  const { name, batch, threads, size, output, gflop } = options;
  if (!(await stat(path).catch(() => undefined))?.isFile())
    throw new TandemError({
      code: ErrorCode.NotFound,
      message: `ONNX model: expected a file at ${path}, found none.`,
      help: 'Give the path of a .onnx file.',
    });
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  const encoder = await openOnnxEncoder({
    path,
    fileHash: hash.digest('hex'),
    preparation: await onnxPreparation(path, options),
    batch,
    threads,
    ...(size !== undefined && { side: size }),
    ...(output !== undefined && { output }),
    ...(gflop !== undefined && { gigaflops: gflop }),
  });
  return {
    encoder: { ...encoder, name: name ?? basename(path) },
    clip: undefined,
    url: path,
    close: () => encoder.close(),
  };
}
