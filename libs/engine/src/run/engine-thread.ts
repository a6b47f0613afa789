import { workerData } from 'node:worker_threads';
import ort from 'onnxruntime-node';
import { allocate, type TensorSpec, type TypedArray } from '../tensor-spec.js';
import type { EngineOptions, EngineResults, Handle, OrtCall, RunInput } from './engine-message.js';
import { serveThread } from './serve-thread.js';

/*
 * The engine's own thread. ONNX Runtime's run() blocks the thread that calls it, for seconds on a large model, so it
 * must not be the thread that renews leases and answers HTTP. Tensors of the size of parameters or activations live
 * here and are written in place: fresh memory costs twenty times more than memory touched before.
 */

interface LoadedProgram {
  readonly session: ort.InferenceSession;
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  readonly outputs: Readonly<Record<string, TensorSpec>>;
}

const options = workerData as EngineOptions;
const tensors = new Map<Handle, ort.Tensor>();
const programs = new Map<Handle, LoadedProgram>();
let nextHandle = 1;

async function perform(call: OrtCall): Promise<EngineResults[OrtCall['kind']]> {
  switch (call.kind) {
    case 'compile':
      return keep(programs, { session: await createSession(call.code), inputs: call.inputs, outputs: call.outputs });
    case 'allocate':
      return keep(tensors, ortTensor(call.spec, allocate(call.spec)));
    case 'write':
      dataOf(tensorAt(call.handle)).set(call.data);
      return undefined;
    case 'clear':
      dataOf(tensorAt(call.handle)).fill(0);
      return undefined;
    case 'read':
      if (!call.into) return dataOf(tensorAt(call.handle)).slice();
      call.into.set(dataOf(tensorAt(call.handle)));
      return undefined;
    case 'run':
      return run(call.program, call.inputs, call.into);
    case 'disposeTensor':
      tensors.delete(call.handle);
      return undefined;
    case 'disposeProgram':
      await programs.get(call.handle)?.session.release();
      programs.delete(call.handle);
      return undefined;
  }
}

function createSession(onnx: Uint8Array): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(onnx, {
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
}

async function run(program: Handle, inputs: Readonly<Record<string, RunInput>>, into: Readonly<Record<string, Handle>>): Promise<Record<string, TypedArray>> {
  const { session, inputs: inputSpecs, outputs: outputSpecs } = programs.get(program)!;
  const feeds: Record<string, ort.Tensor> = {};
  for (const [name, input] of Object.entries(inputs)) {
    feeds[`in/${name}`] = input.kind === 'device' ? tensorAt(input.handle) : ortTensor(inputSpecs[name]!, input.data);
  }
  const fetches: Record<string, ort.Tensor> = {};
  const fresh: Record<string, TypedArray> = {};
  for (const [name, spec] of Object.entries(outputSpecs)) {
    const handle = into[name];
    fetches[`out/${name}`] = handle === undefined ? ortTensor(spec, (fresh[name] = allocate(spec))) : tensorAt(handle);
  }
  await session.run(feeds, fetches);
  return fresh;
}

function ortTensor({ shape, dtype }: TensorSpec, data: TypedArray): ort.Tensor {
  return new ort.Tensor(dtype as 'float32', data as Float32Array, shape);
}

function dataOf(tensor: ort.Tensor): TypedArray {
  return tensor.data as TypedArray;
}

function tensorAt(handle: Handle): ort.Tensor {
  const tensor = tensors.get(handle);
  if (!tensor) throw new Error('internal: a tensor was used after it was disposed of');
  return tensor;
}

function keep<T>(table: Map<Handle, T>, entry: T): Handle {
  table.set(nextHandle, entry);
  return nextHandle++;
}

serveThread(perform);
