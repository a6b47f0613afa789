import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { Specs } from '../../device.js';
import { interpret, type InterpretedProgram } from '../../program/interpret.js';
import { isShared, tfjsType, type DataType, type TensorSpec, type TypedArray } from '../../tensor-spec.js';
import type { Handle, RunInput, TfjsCall, TfjsResults } from '../engine-message.js';
import { openHandleTable } from '../handle-table.js';
import { serveThread } from '#threads/thread-server.js';
import { openTfjsBackend } from './tfjs-backend.js';

/*
 * The thread of tfjs. Operations of its CPU and native backends block the thread that calls them, as ONNX Runtime's
 * run() does. A tensor of tfjs cannot be overwritten, so a write replaces it with another.
 */

interface LoadedProgram {
  readonly run: InterpretedProgram;
  readonly inputs: Specs;
}

const tensors = openHandleTable<Tensor>('a tensor');
const groups = openHandleTable<readonly Handle[]>('a group of tensors');
const programs = openHandleTable<LoadedProgram>('a program');

type Result = TfjsResults[TfjsCall['kind']];

async function perform(call: TfjsCall): Promise<Result> {
  switch (call.kind) {
    case 'open':
      return openTfjsBackend();
    case 'compile':
      return programs.keep({ run: interpret(call.code), inputs: call.inputs });
    case 'allocate':
      return tensors.keep(zeros(call.spec));
    case 'allocateGroup':
      return allocateGroup(call.specs);
    case 'write':
      return put(call.handle, fromHost(tensors.at(call.handle), call.data));
    case 'clear':
      return put(call.handle, zeros(tensors.at(call.handle)));
    case 'read': {
      const values = await toHost(tensors.at(call.handle));
      if (!call.into) return values;
      call.into.set(values);
      return undefined;
    }
    case 'run':
      return run(programs.at(call.program), call.inputs, call.into);
    case 'disposeTensor':
      tensors.remove(call.handle).dispose();
      return undefined;
    case 'disposeGroup':
      groups.remove(call.group).forEach((handle) => tensors.remove(handle).dispose());
      return undefined;
    case 'disposeProgram':
      programs.remove(call.handle);
      return undefined;
  }
}

async function run(
  program: LoadedProgram,
  inputs: Readonly<Record<string, RunInput>>,
  into: Readonly<Record<string, Handle>>,
): Promise<Record<string, TypedArray>> {
  const given = Object.entries(inputs).map(([name, input]): [string, Tensor] => [
    name,
    input.kind === 'device' ? tf.clone(tensors.at(input.handle)) : fromHost(program.inputs[name]!, input.data),
  ]);
  const outputs = program.run(Object.fromEntries(given));
  for (const [, tensor] of given) tensor.dispose();
  const fresh: Record<string, TypedArray> = {};
  for (const [name, tensor] of Object.entries(outputs)) {
    const handle = into[name];
    if (handle !== undefined) put(handle, tensor);
    else {
      fresh[name] = await toHost(tensor);
      tensor.dispose();
    }
  }
  return fresh;
}

function allocateGroup(specs: Specs): TfjsResults['allocateGroup'] {
  const handles = Object.entries(specs).map(([name, spec]) => [name, tensors.keep(zeros(spec))] as const);
  return { group: groups.keep(handles.map(([, handle]) => handle)), tensors: Object.fromEntries(handles) };
}

function zeros({ shape, dtype }: TensorSpec | Tensor): Tensor {
  return tf.zeros([...shape], tfjsType(dtype as DataType));
}

/**
 * The CPU backend keeps the array that it is given. Shared memory is copied first, because the caller will write to it
 * again.
 */
function fromHost({ shape, dtype }: TensorSpec | Tensor, data: TypedArray): Tensor {
  return tf.tensor(isShared(data) ? data.slice() : data, [...shape], tfjsType(dtype as DataType));
}

/**
 * Returns a copy of the values. An array sent to the caller is lost to this thread, and the CPU backend returns the
 * array that it computes with.
 */
async function toHost(tensor: Tensor): Promise<TypedArray> {
  return (await tensor.data()).slice();
}

function put(handle: Handle, tensor: Tensor): undefined {
  tensors.at(handle).dispose();
  tensors.replace(handle, tensor);
}

serveThread(perform);
