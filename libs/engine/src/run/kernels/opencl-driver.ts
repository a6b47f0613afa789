import { openClHeader } from '../../kernels/dialect.js';
import type { Extents } from '../../kernels/kernel.js';
import type { GpuBuffer, GpuDriver, GpuLaunch, GpuModule } from './gpu-driver.js';
import { unshared } from './native-library.js';
import { loadOpenCl, type OpenClLibrary } from './opencl-library.js';

/** A pointer as koffi hands it out. */
type Pointer = unknown;

interface OpenClBuffer extends GpuBuffer {
  readonly memory: Pointer;
}

const deviceTypes = { gpu: 4n, all: 0xff_ff_ff_ffn } as const;
const infos = { name: 0x10_2b, buildLog: 0x11_83 } as const;
const createRegion = 0x12_20;
const readWrite = 1n;
const deviceNotFound = -1;
const platformsMax = 16;

/**
 * Opens the first GPU that OpenCL lists, or else the first device of another kind, such as PoCL's CPU. Throws if there
 * is none.
 */
export function openOpenClDriver(): GpuDriver {
  const cl = loadOpenCl();
  const device = firstDevice(cl);
  const context = made((status) => cl.clCreateContext(null, 1, [device], null, null, status), 'clCreateContext');
  const queue = made((status) => cl.clCreateCommandQueue(context, device, 0n, status), 'clCreateCommandQueue');

  function bufferOf(memory: Pointer, bytes: number): OpenClBuffer {
    return { memory, bytes, release: () => check(cl.clReleaseMemObject(memory), 'clReleaseMemObject') };
  }
  const memoryOf = (buffer: GpuBuffer): Pointer => (buffer as OpenClBuffer).memory;

  return {
    name: text((size, into, needed) => cl.clGetDeviceInfo(device, infos.name, size, into, needed)).trim(),
    allocate(bytes) {
      const size = Math.max(bytes, 4);
      return bufferOf(
        made((status) => cl.clCreateBuffer(context, readWrite, size, null, status), `clCreateBuffer of ${size} bytes`),
        bytes,
      );
    },
    part(buffer, offset, bytes) {
      const region = [offset, bytes];
      return bufferOf(
        made(
          (status) => cl.clCreateSubBuffer(memoryOf(buffer), readWrite, createRegion, region, status),
          'clCreateSubBuffer',
        ),
        bytes,
      );
    },
    write(buffer, data) {
      if (data.byteLength === 0) return;
      const values = unshared(data);
      check(
        cl.clEnqueueWriteBuffer(queue, memoryOf(buffer), 1, 0, data.byteLength, values, 0, null, null),
        'clEnqueueWriteBuffer',
      );
    },
    read(buffer, into) {
      if (into.byteLength === 0) return;
      const values = unshared(into);
      check(
        cl.clEnqueueReadBuffer(queue, memoryOf(buffer), 1, 0, into.byteLength, values, 0, null, null),
        'clEnqueueReadBuffer',
      );
      if (values !== into) into.set(values);
    },
    copy(from, to, bytes) {
      if (bytes === 0) return;
      check(
        cl.clEnqueueCopyBuffer(queue, memoryOf(from), memoryOf(to), 0, 0, bytes, 0, null, null),
        'clEnqueueCopyBuffer',
      );
    },
    clear(buffer) {
      if (buffer.bytes === 0) return;
      const zero = new Uint8Array(1);
      check(
        cl.clEnqueueFillBuffer(queue, memoryOf(buffer), zero, 1, 0, buffer.bytes, 0, null, null),
        'clEnqueueFillBuffer',
      );
    },
    build(source) {
      const program = made(
        (status) => cl.clCreateProgramWithSource(context, 2, [openClHeader, source], null, status),
        'clCreateProgramWithSource',
      );
      if (cl.clBuildProgram(program, 1, [device], '', null, null) !== 0) {
        const log = text((size, into, needed) =>
          cl.clGetProgramBuildInfo(program, device, infos.buildLog, size, into, needed),
        );
        check(cl.clReleaseProgram(program), 'clReleaseProgram');
        throw new Error(`internal: OpenCL does not compile a kernel: ${log}`);
      }
      return moduleOf(cl, { program, queue, memoryOf });
    },
    close() {
      check(cl.clFinish(queue), 'clFinish');
      check(cl.clReleaseCommandQueue(queue), 'clReleaseCommandQueue');
      check(cl.clReleaseContext(context), 'clReleaseContext');
    },
  };
}

interface ModuleParts {
  readonly program: Pointer;
  readonly queue: Pointer;
  readonly memoryOf: (buffer: GpuBuffer) => Pointer;
}

const pointerBytes = 8;

function moduleOf(cl: OpenClLibrary, { program, queue, memoryOf }: ModuleParts): GpuModule {
  return {
    launch(name: string, groups: Extents, threads: Extents): GpuLaunch {
      const kernel = made((status) => cl.clCreateKernel(program, name, status), `clCreateKernel ${name}`);
      const all = groups.map((count, axis) => count * threads[axis]!);
      return {
        bind(parameter, buffer) {
          check(cl.clSetKernelArg(kernel, parameter, pointerBytes, [memoryOf(buffer)]), 'clSetKernelArg');
        },
        launch() {
          if (all.includes(0)) return;
          check(
            cl.clEnqueueNDRangeKernel(queue, kernel, 3, null, all, threads, 0, null, null),
            'clEnqueueNDRangeKernel',
          );
        },
        release: () => check(cl.clReleaseKernel(kernel), 'clReleaseKernel'),
      };
    },
    release: () => check(cl.clReleaseProgram(program), 'clReleaseProgram'),
  };
}

function firstDevice(cl: OpenClLibrary): Pointer {
  const platforms = Array.from<Pointer>({ length: platformsMax }).fill(null);
  const count = [0];
  check(cl.clGetPlatformIDs(platformsMax, platforms, count), 'clGetPlatformIDs');
  for (const type of [deviceTypes.gpu, deviceTypes.all]) {
    for (const platform of platforms.slice(0, count[0])) {
      const device: Pointer[] = [null];
      const status = cl.clGetDeviceIDs(platform, type, 1, device, [0]);
      if (status === 0) return device[0];
      if (status !== deviceNotFound) check(status, 'clGetDeviceIDs');
    }
  }
  throw new Error('OpenCL lists no device');
}

/** What a function makes that tells its status through a pointer. */
function made(make: (status: number[]) => unknown, what: string): Pointer {
  const status = [0];
  const result = make(status);
  check(status[0], what);
  return result;
}

/** A text that a function copies, once it has told how long it is. */
function text(read: (size: number, into: Uint8Array | null, needed: (number | bigint)[]) => unknown): string {
  const needed: (number | bigint)[] = [0];
  check(read(0, null, needed), 'the size of a text');
  const bytes = new Uint8Array(Number(needed[0]));
  check(read(bytes.length, bytes, needed), 'a text');
  return new TextDecoder().decode(bytes).replace(/\0.*$/s, '');
}

function check(status: unknown, what: string): void {
  if (status !== 0) throw new Error(`OpenCL: ${what} failed with status ${String(status)}`);
}
