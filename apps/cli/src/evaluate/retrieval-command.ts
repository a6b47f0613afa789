import type { Command } from 'commander';
import { textEmbeddings } from '#evaluate/features/text-embeddings.js';
import { skippedText } from '#evaluate/reports/evaluated.js';
import {
  recallRows,
  retrievalRemarks,
  retrievalReport,
  retrievalSummary,
  type RetrievalResult,
} from '#evaluate/reports/retrieval-report.js';
import { imageCaptions } from '#evaluate/retrieval/captions.js';
import { recallOf, recallPlaces, retrievalRanks } from '#evaluate/retrieval/retrieval.js';
import { percent, significant } from '#report/figures.js';
import { inTurns } from '#threads/turns.js';
import type { CommandContext } from '../command-context.js';
import { table } from '../terminal/table.js';
import { evaluateModel, type EvaluationOutcome, type EvaluationSession } from './evaluation-session.js';
import { withModel, type ModelOptions } from './model-options.js';
import { requireClip } from './zero-shot-command.js';

export function addRetrievalCommand(command: Command, context: CommandContext, threads: number): void {
  withModel(command.argument('<data>', 'data set of images with their captions'), threads, { onnx: false }).action(
    (data: string, options: ModelOptions) =>
      evaluateModel(options, context, (session) => evaluateRetrieval(data, session)),
  );
}

async function evaluateRetrieval(data: string, session: EvaluationSession): Promise<EvaluationOutcome> {
  const { model } = requireClip(session);
  const { dataset, extracted, evaluated } = await session.open(data);
  const { embeddings: images, read } = extracted;
  if (!images) throw new Error('internal: a CLIP without embeddings');
  const { texts, imageOf, shared, without } = await imageCaptions(dataset, read);
  session.update(`embeddings of ${texts.length} captions`);
  const embedded = await textEmbeddings(model, texts, session.store);
  session.update('ranks');
  const width = model.config.embed_dim;
  const ranks = await inTurns(retrievalRanks({ images, texts: embedded, imageOf, width }), session.signal);
  const result: RetrievalResult = {
    kind: 'retrieval',
    model: session.evaluated,
    data: evaluated,
    captions: texts.length,
    sharedCaptions: shared,
    imagesWithoutCaption: without,
    textOfImage: recallOf(ranks.textForImage),
    imageOfText: recallOf(ranks.imageForText),
  };
  const head = ['ASKED FOR', ...recallPlaces.map((k) => `R@${k}`), 'MEDIAN RANK'];
  const rows = recallRows(result).map(([name, ...values]) => {
    const median = values.pop();
    return [String(name), ...values.map((value) => percent(Number(value))), significant(Number(median))];
  });
  const lines = [retrievalSummary(result), '', table([head, ...rows], [1, 2, 3, 4]), ...retrievalRemarks(result)];
  if (evaluated.skipped.length > 0) lines.push(skippedText(evaluated.skipped));
  const ofImages = read.map(({ key }, row) => [key, ranks.textForImage[row]!] as const);
  return {
    result,
    text: lines.join('\n'),
    report: () => retrievalReport(result, { images: ofImages }, dataset.licences),
  };
}
