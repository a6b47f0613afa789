import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cudaHeader } from '../../kernels/dialect.js';
import { loadNative, preload, type NativeFunctions } from './native-library.js';

const signatures = {
  nvrtcVersion: 'int nvrtcVersion(_Out_ int *, _Out_ int *)',
  nvrtcGetErrorString: 'const char *nvrtcGetErrorString(int)',
  nvrtcCreateProgram:
    'int nvrtcCreateProgram(_Out_ void **, const char *, const char *, int, const char **, const char **)',
  nvrtcDestroyProgram: 'int nvrtcDestroyProgram(void **)',
  nvrtcCompileProgram: 'int nvrtcCompileProgram(void *, int, const char **)',
  nvrtcGetCUBINSize: 'int nvrtcGetCUBINSize(void *, _Out_ size_t *)',
  nvrtcGetCUBIN: 'int nvrtcGetCUBIN(void *, void *)',
  nvrtcGetProgramLogSize: 'int nvrtcGetProgramLogSize(void *, _Out_ size_t *)',
  nvrtcGetProgramLog: 'int nvrtcGetProgramLog(void *, void *)',
} as const;

/** Names under which the loader knows NVRTC of CUDA 13 and 12. */
const names: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: ['libnvrtc.so.13', 'libnvrtc.so.12', 'libnvrtc.so'],
  win32: ['nvrtc64_130_0.dll', 'nvrtc64_120_0.dll'],
};
/** Where CUDA's toolkit installs itself; the loader's path often leaves it out. */
const toolkit: Readonly<Partial<Record<NodeJS.Platform, string>>> = { linux: '/usr/local/cuda/lib64' };

/** Compute capability 9.0, an H100's, is 90. */
export type Architecture = number;

/** NVIDIA's compiler of CUDA C, a library that needs no GPU. */
export interface Nvrtc {
  /** Such as 13.0. */
  readonly version: string;
  /** Compiles kernels to machine code of an architecture. Throws with the compiler's log. */
  compile(source: string, architecture: Architecture): Uint8Array;
}

/** Loads NVRTC. Folders of libraries, if given, are searched first. Throws if it is not installed. */
export function openNvrtc(folders: readonly string[] = []): Nvrtc {
  const found = names[process.platform] ?? [];
  const within = (folder: string): string[] =>
    found.map((name) => join(folder, name)).filter((path) => existsSync(path));
  const paths = [...folders.flatMap(within), ...found, ...within(toolkit[process.platform] ?? '')];
  const nvrtc = loadNative('NVRTC, the compiler of CUDA', paths, signatures, preloadBuiltIns);
  const [major, minor] = [[0], [0]];
  check(nvrtc, nvrtc.nvrtcVersion(major, minor), 'nvrtcVersion');
  return {
    version: `${major[0]}.${minor[0]}`,
    compile(source, architecture) {
      const made: unknown[] = [null];
      const text = `${cudaHeader}${source}`;
      check(nvrtc, nvrtc.nvrtcCreateProgram(made, text, 'kernels.cu', 0, null, null), 'nvrtcCreateProgram');
      try {
        return compiled(nvrtc, made[0], architecture);
      } finally {
        check(nvrtc, nvrtc.nvrtcDestroyProgram(made), 'nvrtcDestroyProgram');
      }
    },
  };
}

/** NVRTC loads a library of its own by name, which the loader finds beside it only if it is there already. */
function preloadBuiltIns(nvrtcPath: string): void {
  const folder = dirname(nvrtcPath);
  if (folder === '.') return;
  for (const file of readdirSync(folder)) if (/^libnvrtc-builtins\.so\.[\d.]+$/.test(file)) preload(join(folder, file));
}

type NvrtcFunctions = NativeFunctions<keyof typeof signatures>;

function compiled(nvrtc: NvrtcFunctions, program: unknown, architecture: Architecture): Uint8Array {
  const options = [`--gpu-architecture=sm_${architecture}`, '--fmad=false', '--std=c++17'];
  const status = nvrtc.nvrtcCompileProgram(program, options.length, options);
  if (status !== 0) {
    const log = bytesFrom(nvrtc, 'nvrtcGetProgramLogSize', 'nvrtcGetProgramLog', program);
    const words = new TextDecoder().decode(log).replace(/\0.*$/s, '').trim();
    throw new Error(`internal: NVRTC does not compile for sm_${architecture}: ${words || reasonOf(nvrtc, status)}`);
  }
  return bytesFrom(nvrtc, 'nvrtcGetCUBINSize', 'nvrtcGetCUBIN', program);
}

/** Bytes that a function copies, once another has told how many they are. */
function bytesFrom(
  nvrtc: NvrtcFunctions,
  sizeName: keyof typeof signatures,
  name: keyof typeof signatures,
  program: unknown,
): Uint8Array {
  const size: (number | bigint)[] = [0];
  check(nvrtc, nvrtc[sizeName](program, size), sizeName);
  const bytes = new Uint8Array(Number(size[0]));
  check(nvrtc, nvrtc[name](program, bytes), name);
  return bytes;
}

function reasonOf(nvrtc: NvrtcFunctions, status: unknown): string {
  return String(nvrtc.nvrtcGetErrorString(status));
}

function check(nvrtc: NvrtcFunctions, status: unknown, what: string): void {
  if (status !== 0) throw new Error(`NVRTC: ${what} failed: ${reasonOf(nvrtc, status)}`);
}
