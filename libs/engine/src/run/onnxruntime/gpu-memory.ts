import { ort } from './onnxruntime.js';
import { copyModel, zerosModel } from '../../lower/memory-models.js';
import { allocate, isShared, type DataType, type TensorSpec } from '../../tensor-spec.js';
import { hostTensor, specOf, type EngineMemory } from './engine-memory.js';

/**
 * Tensors in the GPU's memory, for the WebGPU provider. Parameters, sums and stashes stay there between runs.
 * onnxruntime-node can pass such a tensor to a session and return one as a session's output, but it cannot fill, read
 * or overwrite one. So three small sessions for each element type copy to the GPU, copy from it and make zeros. An
 * output of a run replaces the tensor that it should overwrite, so both take memory during the run.
 */
export function gpuMemory(options: ort.InferenceSession.SessionOptions): EngineMemory {
  const sessionOptions = { ...options, preferredOutputLocation: 'gpu-buffer' } as const;
  const up = perType((dtype) => ort.InferenceSession.create(copyModel(dtype), sessionOptions));
  const down = perType((dtype) => ort.InferenceSession.create(copyModel(dtype), options));
  const zero = perType((dtype) => ort.InferenceSession.create(zerosModel(dtype), sessionOptions));

  /** A placeholder for the memory of tensors that are not written yet. Whatever writes a tensor brings new memory. */
  let nothing: ort.Tensor | undefined;
  const zeros = async ({ shape, dtype }: TensorSpec): Promise<ort.Tensor> => {
    const extents = new ort.Tensor('int64', BigInt64Array.from(shape, BigInt), [shape.length]);
    return (await (await zero(dtype)).run({ shape: extents }))['y']!;
  };
  const read = async (tensor: ort.Tensor, target: ort.Tensor): Promise<void> => {
    await (await down(tensor.type as DataType)).run({ x: tensor }, { y: target });
  };
  return {
    sessionOptions,
    zeros,
    async group(specs) {
      nothing ??= await zeros({ shape: [1], dtype: 'float32' });
      const { gpuBuffer } = nothing;
      return Object.fromEntries(
        Object.entries(specs).map(([name, { shape, dtype }]) => [
          name,
          ort.Tensor.fromGpuBuffer(gpuBuffer, { dataType: dtype as 'float32', dims: shape }),
        ]),
      );
    },
    disposeGroup: (tensors) => tensors.forEach((tensor) => tensor.dispose()),
    async write(tensor, data) {
      const spec = specOf(tensor);
      tensor.dispose();
      return (await (await up(spec.dtype)).run({ x: hostTensor(spec, isShared(data) ? data.slice() : data) }))['y']!;
    },
    async clear(tensor) {
      const spec = specOf(tensor);
      tensor.dispose();
      return zeros(spec);
    },
    async read(tensor, into) {
      const spec = specOf(tensor);
      const values = isShared(into) ? allocate(spec) : into;
      await read(tensor, hostTensor(spec, values));
      if (values !== into) into.set(values);
    },
    async run({ session, feeds, kept, fresh }) {
      const results = await session.run(feeds);
      for (const [name, target] of Object.entries(fresh)) {
        await read(results[name]!, target);
        results[name]!.dispose();
      }
      for (const tensor of Object.values(kept)) tensor.dispose();
      return Object.fromEntries(Object.keys(kept).map((name) => [name, results[name]!]));
    },
    dispose: (tensor) => tensor.dispose(),
  };
}

function perType(
  open: (dtype: DataType) => Promise<ort.InferenceSession>,
): (dtype: DataType) => Promise<ort.InferenceSession> {
  const opened = new Map<DataType, Promise<ort.InferenceSession>>();
  return (dtype) => {
    const session = opened.get(dtype) ?? open(dtype);
    opened.set(dtype, session);
    return session;
  };
}
