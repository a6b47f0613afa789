import { emit, result, value, type Kernel } from './kernel.js';

/** Kernels that read or write rows by index. */
export const indexingKernels: Readonly<Record<string, Kernel>> = {
  GatherV2: ({ x, indices }, { axis, batchDims }: { axis: number; batchDims?: number }) => {
    if (batchDims) throw new Error('internal: gather with batchDims is not traced');
    return result(emit('gather', [value(x), value(indices)], { axis: axis < 0 ? axis + value(x).shape.length : axis }));
  },
  UnsortedSegmentSum: ({ x, segmentIds }, { numSegments }: { numSegments: number }) =>
    result(emit('segmentSum', [value(x), value(segmentIds)], { segments: numSegments })),
};
