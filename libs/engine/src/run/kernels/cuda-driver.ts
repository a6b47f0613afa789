import type { Extents } from '../../kernels/kernel.js';
import { loadCuda, type CudaLibrary } from './cuda-library.js';
import type { GpuBuffer, GpuDriver, GpuLaunch, GpuModule } from './gpu-driver.js';
import { unshared } from './native-library.js';
import { openNvrtc, type Architecture } from './nvrtc.js';

/** A pointer as koffi hands it out. */
type Pointer = unknown;

interface CudaBuffer extends GpuBuffer {
  /** On the GPU. */
  readonly address: bigint;
}

const attributes = { major: 75, minor: 76 } as const;
/** CU_STREAM_NON_BLOCKING: it does not wait for what others of the process do on the default stream. */
const nonBlocking = 1;
const nameBytesMax = 256;

/**
 * Opens the first GPU that NVIDIA's driver lists. One stream carries all out in order. Throws if there is no GPU, no
 * driver or no NVRTC. Source: CUDA Driver API.
 */
export function openCudaDriver(): GpuDriver {
  const cuda = loadCuda();
  const check = checker(cuda);
  check(cuda.cuInit(0), 'cuInit');
  const nvrtc = openNvrtc();
  const device = firstDevice(cuda);
  const architecture = architectureOf(cuda, device);
  const context = made(cuda, (into) => cuda.cuDevicePrimaryCtxRetain(into, device), 'cuDevicePrimaryCtxRetain');
  check(cuda.cuCtxSetCurrent(context), 'cuCtxSetCurrent');
  const stream = made(cuda, (into) => cuda.cuStreamCreate(into, nonBlocking), 'cuStreamCreate');
  const settle = (): void => check(cuda.cuStreamSynchronize(stream), 'cuStreamSynchronize');

  return {
    name: `${nameOf(cuda, device)}, NVRTC ${nvrtc.version}`,
    allocate(bytes) {
      const size = Math.max(bytes, 4);
      const address = [0n];
      check(cuda.cuMemAlloc_v2(address, size), `cuMemAlloc of ${size} bytes`);
      return {
        address: BigInt(address[0]!),
        bytes,
        release() {
          // Kernels that use the memory may still be queued.
          settle();
          check(cuda.cuMemFree_v2(address[0]), 'cuMemFree');
        },
      } satisfies CudaBuffer;
    },
    part(buffer, offset, bytes) {
      return { address: addressOf(buffer) + BigInt(offset), bytes, release: () => undefined } satisfies CudaBuffer;
    },
    write(buffer, data) {
      if (data.byteLength === 0) return;
      check(cuda.cuMemcpyHtoDAsync_v2(addressOf(buffer), unshared(data), data.byteLength, stream), 'cuMemcpyHtoDAsync');
      settle();
    },
    read(buffer, into) {
      if (into.byteLength === 0) return;
      const values = unshared(into);
      check(cuda.cuMemcpyDtoHAsync_v2(values, addressOf(buffer), into.byteLength, stream), 'cuMemcpyDtoHAsync');
      settle();
      if (values !== into) into.set(values);
    },
    copy(from, to, bytes) {
      if (bytes === 0) return;
      check(cuda.cuMemcpyDtoDAsync_v2(addressOf(to), addressOf(from), bytes, stream), 'cuMemcpyDtoDAsync');
    },
    clear(buffer) {
      if (buffer.bytes === 0) return;
      check(cuda.cuMemsetD8Async(addressOf(buffer), 0, buffer.bytes, stream), 'cuMemsetD8Async');
    },
    build(source) {
      const code = nvrtc.compile(source, architecture);
      const module = made(cuda, (into) => cuda.cuModuleLoadData(into, code), 'cuModuleLoadData');
      return moduleOf(cuda, { module, stream, settle });
    },
    close() {
      settle();
      check(cuda.cuStreamDestroy_v2(stream), 'cuStreamDestroy');
      check(cuda.cuDevicePrimaryCtxRelease_v2(device), 'cuDevicePrimaryCtxRelease');
    },
  };
}

interface ModuleParts {
  readonly module: Pointer;
  readonly stream: Pointer;
  /** Waits for all that is queued. */
  readonly settle: () => void;
}

function moduleOf(cuda: CudaLibrary, { module, stream, settle }: ModuleParts): GpuModule {
  const check = checker(cuda);
  return {
    launch(name: string, groups: Extents, threads: Extents): GpuLaunch {
      const kernel = made(cuda, (into) => cuda.cuModuleGetFunction(into, module, name), `cuModuleGetFunction ${name}`);
      /** The driver reads each argument through a pointer, during the call. */
      const given: BigUint64Array[] = [];
      return {
        bind(parameter, buffer) {
          given[parameter] = BigUint64Array.of(addressOf(buffer));
        },
        launch() {
          if (groups.includes(0)) return;
          check(
            cuda.cuLaunchKernel(kernel, ...groups, ...threads, 0, stream, given, null),
            `cuLaunchKernel ${name} of ${groups.join(' × ')} groups`,
          );
        },
        release: () => undefined,
      };
    },
    release() {
      settle();
      check(cuda.cuModuleUnload(module), 'cuModuleUnload');
    },
  };
}

function addressOf(buffer: GpuBuffer): bigint {
  return (buffer as CudaBuffer).address;
}

function firstDevice(cuda: CudaLibrary): number {
  const check = checker(cuda);
  const [count, device] = [[0], [0]];
  check(cuda.cuDeviceGetCount(count), 'cuDeviceGetCount');
  if (count[0] === 0) throw new Error("NVIDIA's driver lists no GPU");
  check(cuda.cuDeviceGet(device, 0), 'cuDeviceGet');
  return device[0]!;
}

function architectureOf(cuda: CudaLibrary, device: number): Architecture {
  const check = checker(cuda);
  const read = (attribute: number): number => {
    const value = [0];
    check(cuda.cuDeviceGetAttribute(value, attribute, device), 'cuDeviceGetAttribute');
    return value[0]!;
  };
  return 10 * read(attributes.major) + read(attributes.minor);
}

function nameOf(cuda: CudaLibrary, device: number): string {
  const bytes = new Uint8Array(nameBytesMax);
  checker(cuda)(cuda.cuDeviceGetName(bytes, bytes.length, device), 'cuDeviceGetName');
  return new TextDecoder().decode(bytes).replace(/\0.*$/s, '');
}

/** What a function makes that returns its status. */
function made(cuda: CudaLibrary, make: (into: Pointer[]) => unknown, what: string): Pointer {
  const into: Pointer[] = [null];
  checker(cuda)(make(into), what);
  return into[0];
}

function checker(cuda: CudaLibrary): (status: unknown, what: string) => void {
  return (status, what) => {
    if (status === 0) return;
    const text: unknown[] = [null];
    cuda.cuGetErrorString(status, text);
    throw new Error(`CUDA: ${what} failed with status ${String(status)}: ${String(text[0])}`);
  };
}
