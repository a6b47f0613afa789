import { loadNative, type NativeFunctions } from './native-library.js';

/** The functions of CUDA's driver that are called, under the names that cuda.h maps theirs to. */
export type CudaLibrary = NativeFunctions<keyof typeof signatures>;

const signatures = {
  cuInit: 'int cuInit(uint32_t)',
  cuGetErrorString: 'int cuGetErrorString(int, _Out_ const char **)',
  cuDeviceGetCount: 'int cuDeviceGetCount(_Out_ int *)',
  cuDeviceGet: 'int cuDeviceGet(_Out_ int *, int)',
  cuDeviceGetName: 'int cuDeviceGetName(void *, int, int)',
  cuDeviceGetAttribute: 'int cuDeviceGetAttribute(_Out_ int *, int, int)',
  cuDevicePrimaryCtxRetain: 'int cuDevicePrimaryCtxRetain(_Out_ void **, int)',
  cuDevicePrimaryCtxRelease_v2: 'int cuDevicePrimaryCtxRelease_v2(int)',
  cuCtxSetCurrent: 'int cuCtxSetCurrent(void *)',
  cuStreamCreate: 'int cuStreamCreate(_Out_ void **, uint32_t)',
  cuStreamSynchronize: 'int cuStreamSynchronize(void *)',
  cuStreamDestroy_v2: 'int cuStreamDestroy_v2(void *)',
  cuMemAlloc_v2: 'int cuMemAlloc_v2(_Out_ uint64_t *, size_t)',
  cuMemFree_v2: 'int cuMemFree_v2(uint64_t)',
  cuMemcpyHtoDAsync_v2: 'int cuMemcpyHtoDAsync_v2(uint64_t, const void *, size_t, void *)',
  cuMemcpyDtoHAsync_v2: 'int cuMemcpyDtoHAsync_v2(void *, uint64_t, size_t, void *)',
  cuMemcpyDtoDAsync_v2: 'int cuMemcpyDtoDAsync_v2(uint64_t, uint64_t, size_t, void *)',
  cuMemsetD8Async: 'int cuMemsetD8Async(uint64_t, uint8_t, size_t, void *)',
  cuModuleLoadData: 'int cuModuleLoadData(_Out_ void **, const void *)',
  cuModuleUnload: 'int cuModuleUnload(void *)',
  cuModuleGetFunction: 'int cuModuleGetFunction(_Out_ void **, void *, const char *)',
  cuLaunchKernel:
    'int cuLaunchKernel(void *, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, void *, ' +
    'void **, void **)',
} as const;

export const cudaSignatures: Readonly<Record<string, string>> = signatures;

/** The driver's names for its library; it comes with the driver of the GPU, not with a toolkit. */
const names: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: ['libcuda.so.1'],
  win32: ['nvcuda.dll'],
};

/** Loads CUDA's driver, which happens only when somebody asks for the device. */
export function loadCuda(): CudaLibrary {
  return loadNative("The library of NVIDIA's driver", names[process.platform] ?? [], signatures);
}
