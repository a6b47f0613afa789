import { availableParallelism } from 'node:os';
import { type Command } from 'commander';
import { textEmbeddings } from '#evaluate/features/text-embeddings.js';
import { searchReport, type SearchedQuery, type SearchResult } from '#evaluate/reports/search-report.js';
import { skippedText } from '#evaluate/reports/evaluated.js';
import { nearestRows } from '#evaluate/retrieval/nearest.js';
import { imageFileBytesMax } from '#protocol/input/input-limits.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { CommandContext } from '../command-context.js';
import { countUpTo } from '../command-options.js';
import { table } from '../terminal/table.js';
import { readFileFor } from './class-options.js';
import { evaluateModel, type EvaluationOutcome, type EvaluationSession } from './evaluation-session.js';
import { withModel, type ModelOptions } from './model-options.js';
import { requireClip } from './zero-shot-command.js';

interface SearchOptions extends ModelOptions {
  readonly image: readonly string[];
  readonly count: number;
}

/** `tandem search DATA "a red bicycle"`. */
export function addSearchCommand(command: Command, context: CommandContext): Command {
  command
    .argument('<data>', 'data set whose images are searched')
    .argument('[texts...]', 'texts to search for, each in quotation marks')
    .option(
      '--image <file>',
      'an image to find similar ones for; once for each',
      (path: string, before: readonly string[]) => [...before, path],
      [],
    )
    .option('--count <n>', 'images to find', countUpTo(1000), 12);
  return withModel(command, availableParallelism(), { onnx: false }).action(
    (data: string, texts: readonly string[], options: SearchOptions) =>
      evaluateModel(options, context, (session) => search(data, texts, options, session)),
  );
}

async function search(
  data: string,
  texts: readonly string[],
  { image, count }: SearchOptions,
  session: EvaluationSession,
): Promise<EvaluationOutcome> {
  if (texts.length + image.length === 0)
    throw new TandemError({
      code: ErrorCode.ConfigInvalid,
      message: 'Search: expected a text or an image to search for, got none.',
      help: 'Write `tandem search DATA "a red bicycle" --weights PATH`, or give --image FILE.',
    });
  const { model } = requireClip(session);
  const { dataset, extracted, evaluated } = await session.open(data);
  const { embeddings: rows, read } = extracted;
  if (!rows) throw new Error('internal: a CLIP without embeddings');
  const images = new Map<number, Uint8Array>();
  const nearest = async (query: string, by: SearchedQuery['by'], embedding: Float32Array): Promise<SearchedQuery> => {
    const found = [];
    for (const { row, similarity } of await nearestRows(embedding, rows, count)) {
      const { index, key } = read[row]!;
      const sample = await dataset.sample(index);
      images.set(index, sample.image);
      found.push({ index, key, caption: sample.captions[0] ?? key, similarity });
    }
    return { query, by, found };
  };
  const queries: SearchedQuery[] = [];
  for (const text of texts)
    queries.push(await nearest(text, 'text', await textEmbeddings(model, [text], session.store)));
  for (const path of image) queries.push(await nearest(path, 'image', await embeddingOf(path, session)));
  const result: SearchResult = { kind: 'search', model: session.evaluated, data: evaluated, queries };
  const lines = queries.flatMap(({ query, found }) => [
    query,
    table(
      found.map(({ similarity, key, caption }) => [similarity.toFixed(3), key, caption]),
      [0],
    ),
  ]);
  if (evaluated.skipped.length > 0) lines.push(skippedText(evaluated.skipped));
  return { result, text: lines.join('\n'), report: () => searchReport(result, images, dataset.licences) };
}

async function embeddingOf(path: string, { encoder }: EvaluationSession): Promise<Float32Array> {
  const { embeddings } = await encoder.embed(
    await encoder.prepare(await readFileFor('Image', path, imageFileBytesMax)),
  );
  if (!embeddings) throw new Error('internal: a CLIP without embeddings');
  return embeddings;
}
