import * as tf from '@tensorflow/tfjs';
import { codeVersion } from '#protocol/code-version.js';
import type { CompileOptions, DeviceKind, Specs } from '../device.js';
import { onnxruntimeVersion } from '../devices/onnxruntime-package.js';
import type { Precision } from '../tensor-spec.js';
import { throughDisk, type DiskCacheOptions } from './disk-cache.js';

/** What a compiled function depends on, besides the device and the build. */
interface ProgramIdentity {
  readonly cacheKey: CompileOptions['cacheKey'] | undefined;
  readonly inputs: Specs;
  readonly lateInputs?: readonly string[];
  readonly precision: Precision;
}

type Remember = <T>(identity: ProgramIdentity, make: () => Promise<T>) => Promise<T>;

/**
 * Makes programs, or takes them from disk where the function has a key and the device a cache. Kept is what tracing,
 * rewriting and lowering give. The model that ONNX Runtime optimises it to is not: at the level we use that one is made
 * for the very CPU, and another that finds it in a shared folder, or has been put in place of the first, would
 * compute other bits or fail. It would save 0.1 s for ViT-B/32. Source: ONNX Runtime, "Graph optimizations in ONNX
 * Runtime", on offline mode.
 */
export function programCache({
  kind,
  cache,
}: {
  readonly kind: DeviceKind;
  readonly cache?: DiskCacheOptions | undefined;
}): Remember {
  if (!cache) return async (_identity, make) => make();
  // Read here, not at the first program: the build may be replaced while this process runs on with the old one.
  const build = { code: codeVersion(), tfjs: tf.version_core, onnxruntime: onnxruntimeVersion };
  return async (identity, make) => {
    if (!identity.cacheKey) return make();
    return throughDisk(cache, JSON.stringify({ ...identity, kind, build }), make);
  };
}
