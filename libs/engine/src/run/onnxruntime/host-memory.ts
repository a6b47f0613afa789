import type { ort } from './onnxruntime.js';
import { allocate, bytesOf, viewOf, type TensorSpec, type TypedArray } from '../../tensor-spec.js';
import { hostTensor, type EngineMemory } from './engine-memory.js';
import { runInPlace } from './run-in-place.js';
import { openSlabPool } from './slab-pool.js';

/** Tensors start on cache lines, where wide SIMD registers load and store fastest. */
const lineBytes = 64;

/**
 * Tensors in the engine's own arrays, which sessions read and write in place. A CUDA session is different: in every run
 * it copies its inputs to the GPU, parameters included, and its outputs back, because onnxruntime-node cannot bind
 * memory of that provider. A group of tensors lies in one slab.
 */
export function openHostMemory(): EngineMemory {
  const slabs = openSlabPool();
  return {
    sessionOptions: {},
    zeros: async (spec) => hostTensor(spec, allocate(spec)),
    async group(specs) {
      const entries = Object.entries(specs);
      const slab = slabs.take(entries.reduce((bytes, [, spec]) => bytes + linesOf(spec), 0));
      let offset = 0;
      const tensors = entries.map(([name, spec]) => {
        const tensor = hostTensor(spec, viewOf(spec, slab, offset));
        offset += linesOf(spec);
        return [name, tensor] as const;
      });
      return Object.fromEntries(tensors);
    },
    disposeGroup([first]) {
      // A group without tensors has no slab.
      if (first) slabs.give(dataOf(first).buffer as ArrayBuffer);
    },
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
      await runInPlace(session, feeds, { ...kept, ...fresh });
      return kept;
    },
    dispose: () => undefined,
  };
}

function dataOf(tensor: ort.Tensor): TypedArray {
  return tensor.data as TypedArray;
}

function linesOf(spec: TensorSpec): number {
  return Math.ceil(bytesOf(spec) / lineBytes) * lineBytes;
}
