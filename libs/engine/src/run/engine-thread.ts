import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workerData } from 'node:worker_threads';
import ort from 'onnxruntime-node';
import { readOrtProfile } from '../profile/ort-profile.js';
import type { ProgramPart, ProgramProfile } from '../profile/program-profile.js';
import { allocate, type TensorSpec, type TypedArray } from '../tensor-spec.js';
import type { EngineOptions, Handle, OrtCall, OrtResults, RunInput } from './engine-message.js';
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
  readonly part: ProgramPart;
  readonly graphBytes: number;
  /** What the names of its profile's files start with. */
  readonly profilePrefix: string;
}

const options = workerData as EngineOptions;
const tensors = new Map<Handle, ort.Tensor>();
const programs = new Map<Handle, LoadedProgram>();
let nextHandle = 1;

async function perform(call: OrtCall): Promise<OrtResults[OrtCall['kind']]> {
  switch (call.kind) {
    case 'compile':
      return keep(programs, await loadProgram(call));
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
    case 'takeProfiles':
      return [...programs.values()].map(takeProfile);
  }
}

async function loadProgram({ part, code, inputs, outputs }: Extract<OrtCall, { kind: 'compile' }>): Promise<LoadedProgram> {
  const profilePrefix = `program-${nextHandle}-`;
  return { session: await createSession(code, profilePrefix), inputs, outputs, part, graphBytes: code.byteLength, profilePrefix };
}

function createSession(onnx: Uint8Array, profilePrefix: string): Promise<ort.InferenceSession> {
  const { profileFolder } = options;
  return ort.InferenceSession.create(onnx, {
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    ...(profileFolder === undefined ? {} : { enableProfiling: true, profileFilePrefix: join(profileFolder, profilePrefix) }),
  });
}

/** Ends a session's profile: it measures from its start to here and cannot begin again. */
function takeProfile({ session, part, graphBytes, profilePrefix }: LoadedProgram): ProgramProfile {
  session.endProfiling();
  const folder = options.profileFolder!;
  const files = readdirSync(folder).filter((name) => name.startsWith(profilePrefix));
  return { part, graphBytes, runs: files.flatMap((name) => readOrtProfile(readFileSync(join(folder, name), 'utf8'))) };
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
