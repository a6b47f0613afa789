// Downloads ONNX Runtime's CUDA provider into its package. It runs the install script of that package, which Tandem's
// own install skips because it downloads from api.nuget.org. CUDA 12 and cuDNN 9 must already be installed.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

const { platform, arch } = process;
if (platform !== 'linux' || arch !== 'x64') {
  console.error(
    `onnxruntime-node has a CUDA provider for Linux on x64 only, this is ${platform} on ${arch}.\n  ` +
      'Use the webgpu device: npx tandem devices',
  );
  process.exit(1);
}
const script = createRequire(import.meta.url).resolve('onnxruntime-node/script/install.js');
const { status } = spawnSync(process.execPath, [script], {
  stdio: 'inherit',
  env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'true' },
});
if (status !== 0) {
  console.error(
    'The CUDA provider was not fetched.\n  It comes from https://api.nuget.org: run this where that ' +
      'can be reached (GLOBAL_AGENT_HTTPS_PROXY names a proxy), or use the webgpu device.',
  );
  process.exit(1);
}
console.log('The CUDA provider is there. What works: npx tandem devices');
