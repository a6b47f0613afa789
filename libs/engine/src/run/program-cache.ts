import * as tf from '@tensorflow/tfjs';
import { codeVersion } from '#protocol/code-version.js';
import type { CompileOptions, DeviceKind, Specs } from '../device.js';
import { onnxruntimeVersion } from '../devices/onnxruntime-package.js';
import type { Precision } from '../tensor-spec.js';
import { throughDisk, type DiskCacheOptions } from './disk-cache.js';
import { runsKernels } from './prepare.js';

/** Everything that a compiled function depends on, besides the device and the build. */
interface ProgramIdentity {
  readonly cacheKey: CompileOptions['cacheKey'] | undefined;
  readonly inputs: Specs;
  readonly lateInputs?: readonly string[];
  readonly precision: Precision;
}

type Remember = <T>(identity: ProgramIdentity, make: () => Promise<T>) => Promise<T>;

/**
 * Returns a function that makes programs, or reads them from disk if the function has a key and the device has a cache.
 * The disk keeps the result of tracing, rewriting and lowering. It does not keep the model that ONNX Runtime optimises,
 * which would save 0.1 s for ViT-B/32: at our optimization level that model is specific to the CPU. A different CPU,
 * which finds it in a shared folder or has replaced the first one, would compute other bits or fail. Source: ONNX
 * Runtime, "Graph optimizations in ONNX Runtime", on offline mode.
 */
export function programCache({
  kind,
  cache,
}: {
  readonly kind: DeviceKind;
  readonly cache?: DiskCacheOptions | undefined;
}): Remember {
  if (!cache) return async (_identity, make) => make();
  // Read now, not at the first program: the build may be replaced while this process still runs the old one.
  const build = { code: codeVersion(), tfjs: tf.version_core, onnxruntime: onnxruntimeVersion };
  return async (identity, make) => {
    if (!identity.cacheKey) return make();
    return throughDisk(cache, JSON.stringify({ ...identity, kind, kernels: runsKernels(kind), build }), make);
  };
}
