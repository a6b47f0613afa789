import type { ort } from './onnxruntime.js';
import { noAnswer } from '../../lower/no-answer.js';

/**
 * Run a session that writes all its outputs to the memory given. After a run, onnxruntime-node copies each output to a
 * fresh array for its answer, which nobody reads: for ViT-B/32 these are the gradients and the stash, 1.1 GB per
 * micro-batch. It stops at the first output that it cannot turn into an array. Models lowered with `hasNoAnswer` have
 * such an output before all others, so the error about it means that the run is done.
 */
export async function runInPlace(
  session: ort.InferenceSession,
  feeds: Readonly<Record<string, ort.Tensor>>,
  outputs: Readonly<Record<string, ort.Tensor>>,
): Promise<void> {
  const fetches = session.outputNames.includes(noAnswer) ? { [noAnswer]: null, ...outputs } : outputs;
  try {
    await session.run(feeds, fetches);
  } catch (error) {
    if (!(error instanceof Error && isNoTensor.test(error.message))) throw error;
  }
}

const isNoTensor = /^Non tensor type is temporarily not supported/;
