import type { Dataset } from '#data/dataset/dataset.js';
import { openTrainingDataset } from '#data/dataset/training-dataset.js';
import { checkSampling, stepsPerEpoch } from '#data/sampling/sampler.js';
import { adviceFor } from './data-advice.js';
import { documentJson, type TokenizerDocument } from '#data/text/tokenizer-document.js';
import { clipTokenizer } from '#data/text/tokenizer.js';
import { wordCounts } from '#data/text/train-bpe.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { ErrorCode, toWireError } from '#protocol/tandem-error.js';
import { openStore } from '#store/open-store.js';
import { serveThread } from '#threads/thread-server.js';
import { atOnce } from '#threads/turns.js';
import { checkEvaluationData } from './check-evaluation-data.js';
import { checkBatch } from './check-batch.js';
import type { DataCall, DataFacts, DataResults } from './data-message.js';

/*
 * The thread that reads the training data of a run before its first step. The index of millions of pairs takes seconds
 * to parse, and a large vocabulary minutes to learn; the objects of both stay out of the main thread's heap.
 */

async function read({ config, storeAccess, withTokenizer }: DataCall): Promise<DataFacts> {
  const { batch, data, tokenizer } = config;
  await checkEvaluationData(config, storeAccess);
  const dataset = await openTrainingDataset(config, (place) => openStore(place, storeAccess));
  try {
    const sampled = { batch, dataset, sampling: data.sampling };
    checkSampling(sampled);
    if (config.steps > 0) checkBatch(config, dataset);
    const made = withTokenizer ? await madeTokenizer(tokenizer, dataset) : undefined;
    const advice = config.steps > 0 ? await adviceFor(config, dataset, made) : [];
    const facts = {
      trainPairs: dataset.pairs,
      stepsPerEpoch: stepsPerEpoch(sampled),
      datasetSha256: dataset.manifestHash,
      advice,
    };
    return made ? { ...facts, tokenizer: atOnce(documentJson(made)) } : facts;
  } finally {
    await dataset.close();
  }
}

async function madeTokenizer(tokenizer: RunConfig['tokenizer'], dataset: Dataset): Promise<TokenizerDocument> {
  if (tokenizer.kind === 'clip') return clipTokenizer().document;
  const { vocabulary } = tokenizer;
  const counts = wordCounts();
  for await (const caption of dataset.captions()) counts.add(caption);
  return { format: 'tandem-bpe', version: 2, vocabulary, merges: counts.merges(vocabulary) };
}

serveThread(async (call: DataCall): Promise<DataResults['read']> =>
  read(call).catch((error: unknown) => ({ failed: toWireError(error, ErrorCode.Internal) })),
);
