import { openTrainingDataset } from '#data/dataset/training-dataset.js';
import { openEncoders } from '#encoder/encoders.js';
import { madeUpParameters, madeUpSamples } from '#encoder/made-up-values.js';
import { openNodeSums } from '#encoder/node-sum.js';
import { backpropShard, encodeShard } from '#encoder/shard-passes.js';
import { loadShard, type ShardSamples } from '#encoder/shard-samples.js';
import type { KeptPart } from '#encoder/stash-cache.js';
import { openDevice } from '#engine/run/open-device.js';
import { trainingFlops } from '#model/flops/flops.js';
import { updatedTensors } from '#model/parameters/trainable-parameters.js';
import { towerNames } from '#model/towers/tower-step.js';
import { modelZoo } from '#model/zoo/presets.js';
import { parseRunConfig, type RunConfig, type RunConfigInput } from '#protocol/run/run-config.js';
import { openStore } from '#store/open-store.js';
import { openTensorStream } from '#store/safetensors/tensor-stream.js';
import { tokenizerOf } from '../../workload/pool/one-process.js';
import type { Machine } from '../machines.js';
import { meanCpuSecondsOf } from './cpu-seconds.js';

export type WorkerRates = Pick<
  Machine,
  'forwardGigaflops' | 'backwardGigaflops' | 'sumBytesPerSecond' | 'loadPairsPerSecond'
>;

/**
 * What a worker of one thread does with a shard, piece by piece, without queue, store and coordinator. It is measured
 * in several processes at once, as workers run: cores that share caches and memory slow each other down.
 */
export async function* measure(document: RunConfigInput): AsyncGenerator<WorkerRates> {
  const config = parseRunConfig(document, modelZoo);
  const { model, shardSize: pairs = config.batch } = config;
  const device = await openDevice({ kind: 'cpu', threads: 1, cache: undefined });
  const encoders = await openEncoders(device, config);
  for (const tower of towerNames)
    for (const [name, values] of Object.entries(madeUpParameters(model, tower)))
      await encoders.setParameter(name, values);
  const samples = madeUpShard(config, pairs);
  const rows = { image: new Float32Array(pairs * model.embed_dim).fill(0.01) };
  const gradients = { ...rows, text: rows.image };
  const parts: KeptPart[] = [];
  const forget = async (): Promise<void> => {
    for (const { stash } of parts.splice(0)) await stash.dispose();
  };
  const forward = async (): Promise<void> => {
    await forget();
    await encodeShard(encoders, model.embed_dim, samples, async (part) => void parts.push(part));
  };
  const forwardSeconds = await meanCpuSecondsOf(forward);
  const backward = (): Promise<void> => backpropShard(encoders, model.embed_dim, samples, gradients, parts);
  const backwardSeconds = await meanCpuSecondsOf(backward);
  await forget();
  const gigaflops = (pairs * trainingFlops(model)) / 3 / 1e9;
  yield {
    forwardGigaflops: gigaflops / forwardSeconds,
    backwardGigaflops: (2 * gigaflops) / backwardSeconds,
    sumBytesPerSecond: await sumRate(config, encoders.readGradient),
    loadPairsPerSecond: pairs / (await loadSeconds(config)),
  };
  await device.close();
}

/** A sum of two shards: the gradient of the first is kept, that of the second added to it. */
async function sumRate(config: RunConfig, read: (name: string, into: Float32Array) => Promise<void>): Promise<number> {
  const specs = updatedTensors(config);
  const stream = openTensorStream(specs);
  const sums = openNodeSums({ specs, stream, read, isNarrow: () => false });
  const seconds = await meanCpuSecondsOf(async () => {
    const sum = sums.open(0, 2);
    await sum.add();
    for await (const _ of sum.write()());
    sum.close();
  });
  return (2 * stream.byteLength) / seconds;
}

async function loadSeconds(config: RunConfig): Promise<number> {
  const dataset = await openTrainingDataset(config, openStore);
  const source = { config, dataset, tokenizer: await tokenizerOf(config, dataset) };
  let step = 0;
  // Decoded images are kept: in the long run, that is where most of them come from.
  const load = (): Promise<unknown> => loadShard(source, { step: step++, shard: 0 });
  const epochs = (3 * dataset.pairs) / (config.shardSize ?? config.batch);
  const seconds = await meanCpuSecondsOf(load, epochs, epochs);
  await dataset.close();
  return seconds;
}

function madeUpShard({ model }: RunConfig, pairs: number): ShardSamples {
  const micro = [{ image: madeUpSamples(model, 'image', pairs), text: madeUpSamples(model, 'text', pairs) }];
  const keys = { captionKeys: new Uint8Array(), imageKeys: new Uint8Array() };
  return { pairs, micro, keys, skipped: [], longCaptions: 0 };
}
