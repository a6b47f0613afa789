import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workerData } from 'node:worker_threads';
import { ort } from './onnxruntime.js';
import type { Specs } from '../../device.js';
import { readOrtProfile } from '../../profile/ort-profile.js';
import type { ProgramPart, ProgramProfile } from '../../profile/program-profile.js';
import { allocate, bytesOf, isShared, type TensorSpec, type TypedArray } from '../../tensor-spec.js';
import { hostTensor, specOf, type EngineMemory } from './engine-memory.js';
import type { EngineOptions, Handle, OrtCall, OrtResults, RunInput } from '../engine-message.js';
import { gpuMemory } from './gpu-memory.js';
import { openHostMemory } from './host-memory.js';
import { openHandleTable } from '../handle-table.js';
import { copiedBytesMax, serveThread } from '#threads/thread-server.js';
import { sessionOptionsFor } from './session-options.js';

/*
 * The thread of ONNX Runtime. Its run() blocks the thread that calls it, for seconds on a large model, so that must not
 * be the thread that renews leases and answers HTTP. Tensors as large as parameters or activations live in this thread
 * and are written in place, because fresh memory costs twenty times more than memory that was touched before.
 */

interface LoadedProgram {
  readonly session: ort.InferenceSession;
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  readonly outputs: Readonly<Record<string, TensorSpec>>;
  readonly part: ProgramPart;
  readonly graphBytes: number;
  /**
   * Memory of small results, and of inputs that come in shared memory, where ONNX Runtime accepts no tensor. If every
   * run allocated this memory again, it would lie between the large blocks until garbage is collected, and keep those
   * from being reused.
   */
  readonly scratch: Map<string, TypedArray>;
  /** Prefix of the names of the program's profile files. */
  readonly profilePrefix: string;
}

const options = workerData as EngineOptions;
const sessionOptions = sessionOptionsFor(options);
const memory: EngineMemory = options.kind === 'webgpu' ? gpuMemory(sessionOptions) : openHostMemory();
const tensors = openHandleTable<ort.Tensor>('a tensor');
const groups = openHandleTable<readonly Handle[]>('a group of tensors');
const programs = openHandleTable<LoadedProgram>('a program');
let programsLoaded = 0;

async function perform(call: OrtCall): Promise<OrtResults[OrtCall['kind']]> {
  switch (call.kind) {
    case 'compile':
      return programs.keep(await loadProgram(call));
    case 'allocate':
      return tensors.keep(await memory.zeros(call.spec));
    case 'allocateGroup':
      return allocateGroup(call.specs);
    case 'write':
      tensors.replace(call.handle, await memory.write(tensors.at(call.handle), call.data));
      return undefined;
    case 'clear':
      tensors.replace(call.handle, await memory.clear(tensors.at(call.handle)));
      return undefined;
    case 'read': {
      const values = call.into ?? allocate(specOf(tensors.at(call.handle)));
      await memory.read(tensors.at(call.handle), values);
      return call.into ? undefined : values;
    }
    case 'run':
      return run(programs.at(call.program), call.inputs, call.into);
    case 'disposeTensor':
      memory.dispose(tensors.remove(call.handle));
      return undefined;
    case 'disposeGroup':
      memory.disposeGroup(groups.remove(call.group).map((handle) => tensors.remove(handle)));
      return undefined;
    case 'disposeProgram':
      await programs.remove(call.handle).session.release();
      return undefined;
    case 'takeProfiles':
      return programs.entries().map(takeProfile);
  }
}

async function allocateGroup(specs: Specs): Promise<OrtResults['allocateGroup']> {
  const handles = Object.entries(await memory.group(specs)).map(
    ([name, tensor]) => [name, tensors.keep(tensor)] as const,
  );
  return { group: groups.keep(handles.map(([, handle]) => handle)), tensors: Object.fromEntries(handles) };
}

async function loadProgram({
  part,
  code,
  inputs,
  outputs,
}: Extract<OrtCall, { kind: 'compile' }>): Promise<LoadedProgram> {
  const profilePrefix = `program-${programsLoaded++}-`;
  const { profileFolder } = options;
  const session = await ort.InferenceSession.create(code, {
    ...sessionOptions,
    ...memory.sessionOptions,
    ...(profileFolder === undefined
      ? {}
      : { enableProfiling: true, profileFilePrefix: join(profileFolder, profilePrefix) }),
  });
  return { session, inputs, outputs, part, graphBytes: code.byteLength, scratch: new Map(), profilePrefix };
}

/** Ends a session's profile, which has measured since the session was created and cannot be restarted. */
function takeProfile({ session, part, graphBytes, profilePrefix }: LoadedProgram): ProgramProfile {
  session.endProfiling();
  const folder = options.profileFolder!;
  const files = readdirSync(folder).filter((name) => name.startsWith(profilePrefix));
  return { part, graphBytes, runs: files.flatMap((name) => readOrtProfile(readFileSync(join(folder, name), 'utf8'))) };
}

async function run(
  program: LoadedProgram,
  inputs: Readonly<Record<string, RunInput>>,
  into: Readonly<Record<string, Handle>>,
): Promise<Record<string, TypedArray>> {
  const { session } = program;
  const feeds: Record<string, ort.Tensor> = {};
  for (const [name, input] of Object.entries(inputs)) {
    feeds[`in/${name}`] =
      input.kind === 'device'
        ? tensors.at(input.handle)
        : hostTensor(program.inputs[name]!, inOwnMemory(program, name, input.data));
  }
  const kept: Record<string, ort.Tensor> = {};
  const fresh: Record<string, ort.Tensor> = {};
  for (const [name, spec] of Object.entries(program.outputs)) {
    const handle = into[name];
    if (handle === undefined)
      fresh[`out/${name}`] = hostTensor(
        spec,
        bytesOf(spec) > copiedBytesMax ? allocate(spec) : scratchOf(program, `out/${name}`, spec),
      );
    else kept[`out/${name}`] = tensors.at(handle);
  }
  const overwritten = await memory.run({ session, feeds, kept, fresh });
  for (const [name, tensor] of Object.entries(overwritten)) tensors.replace(into[name.slice('out/'.length)]!, tensor);
  return Object.fromEntries(
    Object.entries(fresh).map(([name, { data }]) => [name.slice('out/'.length), data as TypedArray]),
  );
}

function inOwnMemory(program: LoadedProgram, name: string, data: TypedArray): TypedArray {
  if (!isShared(data)) return data;
  const values = scratchOf(program, `in/${name}`, program.inputs[name]!);
  values.set(data);
  return values;
}

function scratchOf({ scratch }: LoadedProgram, name: string, spec: TensorSpec): TypedArray {
  const values = scratch.get(name) ?? allocate(spec);
  scratch.set(name, values);
  return values;
}

serveThread(perform);
