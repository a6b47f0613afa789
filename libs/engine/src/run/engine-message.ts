import type { KernelProgram } from '../kernels/kernel.js';
import type { Provider } from '../lower/lower.js';
import type { ProgramPart, ProgramProfile } from '../profile/program-profile.js';
import type { Program } from '../program/program.js';
import type { TensorSpec, TypedArray } from '../tensor-spec.js';

/** A tensor or program that lives in the engine's thread. */
export type Handle = number;
export type RunInput =
  { readonly kind: 'host'; readonly data: TypedArray } | { readonly kind: 'device'; readonly handle: Handle };

/**
 * What a device asks of its engine's thread. The thread answers calls in the order they were made. `Code` is a program
 * in the form that the engine runs.
 */
export type EngineCall<Code> =
  | {
      readonly kind: 'compile';
      readonly part: ProgramPart;
      readonly code: Code;
      readonly inputs: Readonly<Record<string, TensorSpec>>;
      readonly outputs: Readonly<Record<string, TensorSpec>>;
    }
  | { readonly kind: 'allocate'; readonly spec: TensorSpec }
  | { readonly kind: 'allocateGroup'; readonly specs: Readonly<Record<string, TensorSpec>> }
  | { readonly kind: 'write'; readonly handle: Handle; readonly data: TypedArray }
  | { readonly kind: 'clear'; readonly handle: Handle }
  | { readonly kind: 'read'; readonly handle: Handle; readonly into: TypedArray | undefined }
  | {
      readonly kind: 'run';
      readonly program: Handle;
      readonly inputs: Readonly<Record<string, RunInput>>;
      readonly into: Readonly<Record<string, Handle>>;
    }
  | { readonly kind: 'disposeTensor'; readonly handle: Handle }
  | { readonly kind: 'disposeGroup'; readonly group: Handle }
  | { readonly kind: 'disposeProgram'; readonly handle: Handle };

/** Calls to ONNX Runtime, whose code is an ONNX model. `takeProfiles` ends all profiles. */
export type OrtCall = EngineCall<Uint8Array> | { readonly kind: 'takeProfiles' };
/** Calls to tfjs, whose code is the program itself. `open` comes first; its answer is what tfjs runs on, for people. */
export type TfjsCall = EngineCall<Program> | { readonly kind: 'open' };
/** Devices that run kernels of our own. */
export type KernelKind = 'cuda' | 'opencl';
/** Calls to a driver of GPUs, whose code is kernels; `open` likewise. */
export type KernelCall = EngineCall<KernelProgram> | { readonly kind: 'open' };

export interface EngineResults {
  compile: Handle;
  allocate: Handle;
  allocateGroup: { readonly group: Handle; readonly tensors: Readonly<Record<string, Handle>> };
  write: undefined;
  clear: undefined;
  /** Undefined if the values were written to `into`. */
  read: TypedArray | undefined;
  run: Readonly<Record<string, TypedArray>>;
  disposeTensor: undefined;
  disposeGroup: undefined;
  disposeProgram: undefined;
}

export interface OrtResults extends EngineResults {
  takeProfiles: readonly ProgramProfile[];
}

export interface TfjsResults extends EngineResults {
  open: string;
}

export type KernelResults = TfjsResults;

export interface EngineOptions {
  /** The provider of ONNX Runtime. */
  readonly kind: Provider;
  /** Number of threads of one matmul. The results do not depend on it. */
  readonly threads: number;
  /** If given, ONNX Runtime measures every kernel and writes the times to files in this folder. */
  readonly profileFolder?: string | undefined;
}
