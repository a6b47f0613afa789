import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workerData } from 'node:worker_threads';
import ort from 'onnxruntime-node';
import type { Specs } from '../../device.js';
import { readOrtProfile } from '../../profile/ort-profile.js';
import type { ProgramPart, ProgramProfile } from '../../profile/program-profile.js';
import { allocate, type TensorSpec, type TypedArray } from '../../tensor-spec.js';
import { hostTensor, specOf, type EngineMemory } from './engine-memory.js';
import type { EngineOptions, Handle, OrtCall, OrtResults, RunInput } from '../engine-message.js';
import { gpuMemory } from './gpu-memory.js';
import { openHostMemory } from './host-memory.js';
import { serveThread } from '../serve-thread.js';
import { sessionOptionsFor } from './session-options.js';

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
const sessionOptions = sessionOptionsFor(options);
const memory: EngineMemory = options.kind === 'webgpu' ? gpuMemory(sessionOptions) : openHostMemory();
const tensors = new Map<Handle, ort.Tensor>();
const groups = new Map<Handle, readonly Handle[]>();
const programs = new Map<Handle, LoadedProgram>();
let nextHandle = 1;

async function perform(call: OrtCall): Promise<OrtResults[OrtCall['kind']]> {
  switch (call.kind) {
    case 'compile':
      return keep(programs, await loadProgram(call));
    case 'allocate':
      return keep(tensors, await memory.zeros(call.spec));
    case 'allocateGroup':
      return allocateGroup(call.specs);
    case 'write':
      tensors.set(call.handle, await memory.write(tensorAt(call.handle), call.data));
      return undefined;
    case 'clear':
      tensors.set(call.handle, await memory.clear(tensorAt(call.handle)));
      return undefined;
    case 'read': {
      const values = call.into ?? allocate(specOf(tensorAt(call.handle)));
      await memory.read(tensorAt(call.handle), values);
      return call.into ? undefined : values;
    }
    case 'run':
      return run(programs.get(call.program)!, call.inputs, call.into);
    case 'disposeTensor':
      memory.dispose(tensorAt(call.handle));
      tensors.delete(call.handle);
      return undefined;
    case 'disposeGroup':
      disposeGroup(call.group);
      return undefined;
    case 'disposeProgram':
      await programs.get(call.handle)?.session.release();
      programs.delete(call.handle);
      return undefined;
    case 'takeProfiles':
      return [...programs.values()].map(takeProfile);
  }
}

async function allocateGroup(specs: Specs): Promise<OrtResults['allocateGroup']> {
  const handles = Object.entries(await memory.group(specs)).map(([name, tensor]) => [name, keep(tensors, tensor)] as const);
  return { group: keep(groups, handles.map(([, handle]) => handle)), tensors: Object.fromEntries(handles) };
}

function disposeGroup(group: Handle): void {
  const handles = groups.get(group);
  if (!handles) throw new Error('internal: a group of tensors was disposed of twice');
  groups.delete(group);
  memory.disposeGroup(handles.map(tensorAt));
  handles.forEach((handle) => tensors.delete(handle));
}

async function loadProgram({ part, code, inputs, outputs }: Extract<OrtCall, { kind: 'compile' }>): Promise<LoadedProgram> {
  const profilePrefix = `program-${nextHandle}-`;
  const { profileFolder } = options;
  const session = await ort.InferenceSession.create(code, {
    ...sessionOptions,
    ...memory.sessionOptions,
    ...(profileFolder === undefined ? {} : { enableProfiling: true, profileFilePrefix: join(profileFolder, profilePrefix) }),
  });
  return { session, inputs, outputs, part, graphBytes: code.byteLength, profilePrefix };
}

/** Ends a session's profile: it measures from its start to here and cannot begin again. */
function takeProfile({ session, part, graphBytes, profilePrefix }: LoadedProgram): ProgramProfile {
  session.endProfiling();
  const folder = options.profileFolder!;
  const files = readdirSync(folder).filter((name) => name.startsWith(profilePrefix));
  return { part, graphBytes, runs: files.flatMap((name) => readOrtProfile(readFileSync(join(folder, name), 'utf8'))) };
}

async function run(program: LoadedProgram, inputs: Readonly<Record<string, RunInput>>, into: Readonly<Record<string, Handle>>): Promise<Record<string, TypedArray>> {
  const { session } = program;
  const feeds: Record<string, ort.Tensor> = {};
  for (const [name, input] of Object.entries(inputs)) {
    feeds[`in/${name}`] = input.kind === 'device' ? tensorAt(input.handle) : hostTensor(program.inputs[name]!, input.data);
  }
  const kept: Record<string, ort.Tensor> = {};
  const fresh: Record<string, ort.Tensor> = {};
  for (const [name, spec] of Object.entries(program.outputs)) {
    const handle = into[name];
    if (handle === undefined) fresh[`out/${name}`] = hostTensor(spec, allocate(spec));
    else kept[`out/${name}`] = tensorAt(handle);
  }
  const overwritten = await memory.run({ session, feeds, kept, fresh });
  for (const [name, tensor] of Object.entries(overwritten)) tensors.set(into[name.slice('out/'.length)]!, tensor);
  return Object.fromEntries(Object.entries(fresh).map(([name, { data }]) => [name.slice('out/'.length), data as TypedArray]));
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
