import type ort from 'onnxruntime-node';
import { allocate, type TypedArray } from '../tensor-spec.js';
import { hostTensor, type EngineMemory } from './engine-memory.js';

/**
 * Tensors in the engine's own arrays, which sessions read and write in place. A CUDA session copies what it reads to the
 * card in every run, the parameters too, and what it writes back: onnxruntime-node binds no memory of that provider.
 */
export const hostMemory: EngineMemory = {
  sessionOptions: {},
  zeros: async (spec) => hostTensor(spec, allocate(spec)),
  async write(tensor, data) {
    dataOf(tensor).set(data);
    return tensor;
  },
  async clear(tensor) {
    dataOf(tensor).fill(0);
    return tensor;
  },
  async read(tensor, into) {
    into.set(dataOf(tensor));
  },
  async run({ session, feeds, kept, fresh }) {
    await session.run(feeds, { ...kept, ...fresh });
    return kept;
  },
  dispose: () => undefined,
};

function dataOf(tensor: ort.Tensor): TypedArray {
  return tensor.data as TypedArray;
}
