import { openDevice } from '#engine/run/open-device.js';
import { contrastiveLossFlops } from '#model/flops/flops.js';
import { openContrastiveLoss } from '#model/loss/contrastive-loss.js';
import { initialLogitScale } from '#model/loss/logit-scale.js';
import { initialParameters } from '#model/parameters/initialise.js';
import { modelTensors } from '#model/parameters/parameters.js';
import { updatedTensors } from '#model/parameters/trainable-parameters.js';
import { modelZoo } from '#model/zoo/presets.js';
import { parseRunConfig, type RunConfigInput } from '#protocol/run/run-config.js';
import { contentHash } from '#store/content-hash.js';
import { sharedBlob } from '#store/safetensors/shared-blob.js';
import { openOptimizer } from '../../../apps/coordinator/src/training/optimizer/optimizer.js';
import { openGradientBuffers } from '../../../apps/coordinator/src/training/shards/gradient-buffers.js';
import { trainingState } from '../../../apps/coordinator/src/training/state/training-state.js';
import { unitRows } from '../../workload/random-values.js';
import type { Machine } from '../machines.js';
import { meanCpuSecondsOf } from './cpu-seconds.js';

/** Of a file that is read. */
const pieceBytes = 4 * 1024 * 1024;

export type CoordinatorRates = Pick<
  Machine,
  'lossGigaflops' | 'hashBytesPerSecond' | 'copyBytesPerSecond' | 'addBytesPerSecond' | 'updateBytesPerSecond'
>;

/** What a coordinator of one thread does in a step, piece by piece, on blobs of the run's size. */
export async function* measure(document: RunConfigInput): AsyncGenerator<CoordinatorRates> {
  const config = parseRunConfig(document, modelZoo);
  const { batch, model } = config;
  const device = await openDevice({ kind: 'cpu', threads: 1, cache: undefined });
  const [images, texts] = ['images', 'texts'].map((name) => unitRows(batch, model.embed_dim, name));
  const loss = await openContrastiveLoss(device, { batch, width: model.embed_dim, loss: config.loss });
  const lossSeconds = await meanCpuSecondsOf(() =>
    loss.run({ images: images!, texts: texts! }, { logit_scale: initialLogitScale }),
  );
  await device.close();

  const specs = updatedTensors(config);
  const [left, right] = [sharedBlob(specs).bytes, sharedBlob(specs).bytes];
  const state = trainingState({ specs: modelTensors(model) }, 0, { parameters: initialParameters(model, 1) });
  const optimizer = openOptimizer({ config, threads: 1 });
  const buffers = openGradientBuffers(config);
  const rateOf = async (work: () => Promise<unknown>): Promise<number> =>
    left.byteLength / (await meanCpuSecondsOf(work));
  yield {
    lossGigaflops: contrastiveLossFlops(batch, model.embed_dim) / lossSeconds / 1e9,
    hashBytesPerSecond: await rateOf(() => contentHash(left)),
    copyBytesPerSecond: await rateOf(async () =>
      buffers.release(await buffers.read(inPieces(left), () => Promise.resolve())),
    ),
    addBytesPerSecond: await rateOf(() => optimizer.add(left, right)),
    updateBytesPerSecond: await rateOf(() => optimizer.adamW(state, left, { learningRate: 1e-5, gradientFactor: 1 })),
  };
  await optimizer.close();
}

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}
