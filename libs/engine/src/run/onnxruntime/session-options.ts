import type { ort } from './onnxruntime.js';
import type { Provider } from '../../lower/lower.js';
import type { EngineOptions } from '../engine-message.js';

const providers: Readonly<Record<Provider, ort.InferenceSession.ExecutionProviderConfig>> = {
  cpu: 'cpu',
  cuda: 'cuda',
  // Shapes never change, so a buffer freed before fits exactly; the provider's own way is to round sizes up.
  webgpu: { name: 'webgpu', storageBufferCacheMode: 'simple' },
};

/** How every session of an engine runs. */
export function sessionOptionsFor({ kind, threads }: EngineOptions): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: [providers[kind]],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    extra: {
      // Each session has threads of its own, and those that wait for its next run keep the CPU from the others'
      // and from JavaScript: without a limit the loss of 4096 pairs takes 1.8 times as long on two cores.
      session: { intra_op: { spin_duration_us: '300' } },
      // It would put the transposed copies of matmuls' right operands back into the matmuls (see webgpuLowerings).
      ...(kind === 'webgpu' && { optimization: { disable_specified_optimizers: 'GemmTransposeFusion' } }),
    },
    // With an arena each session would keep the most it ever took, and of four in a worker one runs at a time. Without
    // one, tensors taken one by one leave holes that add up to 70 MiB in the loss, so that each run takes all it needs
    // in one piece.
    ...(kind === 'cpu' && { enableCpuMemArena: false, enableMemPattern: true }),
  };
}
