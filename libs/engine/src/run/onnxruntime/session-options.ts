import type { ort } from './onnxruntime.js';
import type { Provider } from '../../lower/lower.js';
import type { EngineOptions } from '../engine-message.js';

const providers: Readonly<Record<Provider, ort.InferenceSession.ExecutionProviderConfig>> = {
  cpu: 'cpu',
  cuda: 'cuda',
  // Shapes never change, so a freed buffer fits a later tensor exactly. By default the provider rounds sizes up.
  webgpu: { name: 'webgpu', storageBufferCacheMode: 'simple' },
};

/** Options of all sessions of an engine. */
export function sessionOptionsFor({ kind, threads }: EngineOptions): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: [providers[kind]],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    extra: {
      // Each session has threads of its own. While they spin, waiting for its next run, they take the CPU from other
      // sessions' threads and from JavaScript. Without a limit the loss of 4096 pairs takes 1.8 times as long on two
      // cores.
      session: { intra_op: { spin_duration_us: '300' } },
      // This optimizer would fold the transposed copies of right operands back into the matmuls (see webgpuLowerings).
      ...(kind === 'webgpu' && { optimization: { disable_specified_optimizers: 'GemmTransposeFusion' } }),
    },
    // With an arena each session would keep its peak memory, although only one of a worker's four sessions runs at a
    // time. Without one, tensors that are allocated one by one leave holes, which add up to 70 MiB in the loss. So each
    // run allocates all that it needs in one block (the memory pattern).
    ...(kind === 'cpu' && { enableCpuMemArena: false, enableMemPattern: true }),
  };
}
