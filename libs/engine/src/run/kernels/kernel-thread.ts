import { workerData } from 'node:worker_threads';
import { serveThread } from '#threads/thread-server.js';
import type { Specs } from '../../device.js';
import { allocate, bytesOf, type TensorSpec, type TypedArray } from '../../tensor-spec.js';
import type { EngineResults, Handle, KernelCall, KernelKind, KernelResults, RunInput } from '../engine-message.js';
import { openHandleTable } from '../handle-table.js';
import { openCudaDriver } from './cuda-driver.js';
import type { GpuBuffer, GpuDriver } from './gpu-driver.js';
import { loadProgram, type LoadedProgram } from './loaded-program.js';
import { openOpenClDriver } from './opencl-driver.js';

/* The thread of a GPU driver, whose calls may block. */

interface Tensor {
  readonly spec: TensorSpec;
  readonly buffer: GpuBuffer;
}

const tensors = openHandleTable<Tensor>('a tensor');
const groups = openHandleTable<readonly Handle[]>('a group of tensors');
const programs = openHandleTable<LoadedProgram>('a program');
const openDriver = { cuda: openCudaDriver, opencl: openOpenClDriver }[workerData as KernelKind];
let driver: GpuDriver | undefined;

type Result = KernelResults[KernelCall['kind']];

function perform(call: KernelCall): Result {
  if (call.kind === 'open') return (driver ??= openDriver()).name;
  if (!driver) throw new Error('internal: the device was used before it was opened');
  switch (call.kind) {
    case 'compile':
      return programs.keep(loadProgram(driver, call.code, call));
    case 'allocate': {
      const handle = newTensor(driver, call.spec);
      driver.clear(tensors.at(handle).buffer);
      return handle;
    }
    case 'allocateGroup':
      return allocateGroup(driver, call.specs);
    case 'write':
      driver.write(tensors.at(call.handle).buffer, call.data);
      return undefined;
    case 'clear':
      driver.clear(tensors.at(call.handle).buffer);
      return undefined;
    case 'read': {
      const { spec, buffer } = tensors.at(call.handle);
      if (!call.into) return readFresh(driver, buffer, spec);
      driver.read(buffer, call.into);
      return undefined;
    }
    case 'run':
      return run(programs.at(call.program), call.inputs, call.into);
    case 'disposeTensor':
      tensors.remove(call.handle).buffer.release();
      return undefined;
    case 'disposeGroup':
      groups.remove(call.group).forEach((handle) => tensors.remove(handle).buffer.release());
      return undefined;
    case 'disposeProgram':
      programs.remove(call.handle).release();
      return undefined;
  }
}

function run(
  program: LoadedProgram,
  inputs: Readonly<Record<string, RunInput>>,
  into: Readonly<Record<string, Handle>>,
): Record<string, TypedArray> {
  const given = Object.entries(inputs).map(([name, input]): [string, GpuBuffer | TypedArray] => [
    name,
    input.kind === 'device' ? tensors.at(input.handle).buffer : input.data,
  ]);
  const targets = Object.entries(into).map(([name, handle]): [string, GpuBuffer] => [name, tensors.at(handle).buffer]);
  return program.run(Object.fromEntries(given), Object.fromEntries(targets));
}

function newTensor(driver: GpuDriver, spec: TensorSpec): Handle {
  return tensors.keep({ spec, buffer: driver.allocate(bytesOf(spec)) });
}

function allocateGroup(driver: GpuDriver, specs: Specs): EngineResults['allocateGroup'] {
  const handles = Object.entries(specs).map(([name, spec]) => [name, newTensor(driver, spec)] as const);
  return { group: groups.keep(handles.map(([, handle]) => handle)), tensors: Object.fromEntries(handles) };
}

function readFresh(driver: GpuDriver, buffer: GpuBuffer, spec: TensorSpec): TypedArray {
  const into = allocate(spec);
  driver.read(buffer, into);
  return into;
}

serveThread(async (call: KernelCall) => perform(call));
