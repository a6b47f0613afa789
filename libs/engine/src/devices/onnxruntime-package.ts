import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const manifest = require.resolve('onnxruntime-node/package.json');

export const onnxruntimeVersion = (require(manifest) as { readonly version: string }).version;

/**
 * Why ONNX Runtime's CUDA provider, which is not part of its package, cannot be loaded; undefined if its files are
 * installed.
 */
export function cudaProviderMissing(): string | undefined {
  const { platform, arch } = process;
  if (platform !== 'linux' || arch !== 'x64') return `onnxruntime-node has no CUDA provider for ${platform} on ${arch}`;
  const folder = join(dirname(manifest), 'bin/napi-v6', platform, arch);
  const missing = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'].filter(
    (file) => !existsSync(join(folder, file)),
  );
  return missing.length === 0 ? undefined : `its provider is not installed (${missing.join(', ')})`;
}
