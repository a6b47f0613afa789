import { access } from 'node:fs/promises';

/** Where PoCL, an OpenCL driver that computes on the CPU, registers itself. */
const registered = '/etc/OpenCL/vendors/pocl.icd';

/** Why there is no OpenCL that needs no GPU; undefined if there is one. */
export async function openClMissing(): Promise<string | undefined> {
  const isThere = await access(registered).then(
    () => true,
    () => false,
  );
  return isThere ? undefined : `${registered} is not there: apt-get install pocl-opencl-icd ocl-icd-libopencl1`;
}
