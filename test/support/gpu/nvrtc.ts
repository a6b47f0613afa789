import { execFileSync } from 'node:child_process';
import { openNvrtc, type Nvrtc } from '#engine/run/kernels/nvrtc.js';

/** Prints where Python's wheels of CUDA have their libraries, a folder a line. */
const wheels = `
import glob, sysconfig
print('\\n'.join(glob.glob(sysconfig.get_path('purelib') + '/nvidia/*/lib')))`;

/** NVRTC of the toolkit or of Python's wheels, which needs no GPU; or why there is none. */
export function installedNvrtc(): Nvrtc | { readonly missing: string } {
  const home = process.env['CUDA_HOME'];
  try {
    return openNvrtc([...(home === undefined ? [] : [`${home}/lib64`, `${home}/lib`]), ...wheelFolders()]);
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  }
}

function wheelFolders(): string[] {
  try {
    return execFileSync('python3', ['-c', wheels], { encoding: 'utf8' }).split('\n').filter(Boolean);
  } catch {
    return []; // no Python
  }
}
