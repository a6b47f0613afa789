import { loadNative, type NativeFunctions } from './native-library.js';

/** The functions of OpenCL 1.2 that the driver calls. */
export type OpenClLibrary = NativeFunctions<keyof typeof signatures>;

const signatures = {
  clGetPlatformIDs: 'int clGetPlatformIDs(uint32_t, _Out_ void **, _Out_ uint32_t *)',
  clGetDeviceIDs: 'int clGetDeviceIDs(void *, uint64_t, uint32_t, _Out_ void **, _Out_ uint32_t *)',
  clGetDeviceInfo: 'int clGetDeviceInfo(void *, uint32_t, size_t, void *, _Out_ size_t *)',
  clCreateContext: 'void *clCreateContext(void *, uint32_t, void **, void *, void *, _Out_ int *)',
  clCreateCommandQueue: 'void *clCreateCommandQueue(void *, void *, uint64_t, _Out_ int *)',
  clCreateBuffer: 'void *clCreateBuffer(void *, uint64_t, size_t, void *, _Out_ int *)',
  clCreateSubBuffer: 'void *clCreateSubBuffer(void *, uint64_t, uint32_t, size_t *, _Out_ int *)',
  clReleaseMemObject: 'int clReleaseMemObject(void *)',
  clEnqueueReadBuffer:
    'int clEnqueueReadBuffer(void *, void *, uint32_t, size_t, size_t, void *, uint32_t, void *, void *)',
  clEnqueueWriteBuffer:
    'int clEnqueueWriteBuffer(void *, void *, uint32_t, size_t, size_t, void *, uint32_t, void *, void *)',
  clEnqueueCopyBuffer:
    'int clEnqueueCopyBuffer(void *, void *, void *, size_t, size_t, size_t, uint32_t, void *, void *)',
  clEnqueueFillBuffer:
    'int clEnqueueFillBuffer(void *, void *, void *, size_t, size_t, size_t, uint32_t, void *, void *)',
  clCreateProgramWithSource: 'void *clCreateProgramWithSource(void *, uint32_t, const char **, void *, _Out_ int *)',
  clBuildProgram: 'int clBuildProgram(void *, uint32_t, void **, const char *, void *, void *)',
  clGetProgramBuildInfo: 'int clGetProgramBuildInfo(void *, void *, uint32_t, size_t, void *, _Out_ size_t *)',
  clReleaseProgram: 'int clReleaseProgram(void *)',
  clCreateKernel: 'void *clCreateKernel(void *, const char *, _Out_ int *)',
  clSetKernelArg: 'int clSetKernelArg(void *, uint32_t, size_t, void **)',
  clEnqueueNDRangeKernel:
    'int clEnqueueNDRangeKernel(void *, void *, uint32_t, void *, size_t *, size_t *, uint32_t, void *, void *)',
  clReleaseKernel: 'int clReleaseKernel(void *)',
  clFinish: 'int clFinish(void *)',
  clReleaseCommandQueue: 'int clReleaseCommandQueue(void *)',
  clReleaseContext: 'int clReleaseContext(void *)',
} as const;

/** Names under which the loader knows OpenCL, by system. */
const names: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: ['libOpenCL.so.1', 'libOpenCL.so'],
  darwin: ['/System/Library/Frameworks/OpenCL.framework/OpenCL'],
  win32: ['OpenCL.dll'],
};

/** Loads OpenCL, which happens only when somebody asks for the device. */
export function loadOpenCl(): OpenClLibrary {
  return loadNative("OpenCL's library", names[process.platform] ?? [], signatures);
}
