import type ort from 'onnxruntime-node';
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
    // It would put the transposed copies of products' right operands back into the products (see webgpuLowerings).
    ...(kind === 'webgpu' && { extra: { optimization: { disable_specified_optimizers: 'GemmTransposeFusion' } } }),
    // Each session would keep the most it ever took, and of four in a worker one runs at a time. ViT-B/32, b = 16: a worker's
    // peak is 2.7 GiB in place of 3.3, for 1 to 4 % of processor time.
    ...(kind === 'cpu' && { enableCpuMemArena: false, enableMemPattern: false }),
  };
}
