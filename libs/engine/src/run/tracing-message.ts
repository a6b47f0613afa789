import type { DeviceKind, FunctionSource, Specs } from '../device.js';
import type { Precision } from '../tensor-spec.js';
import type { PreparedParts, PreparedProgram } from './prepared-program.js';

/** What is asked of the thread that traces: a whole program, or one that is cut where the late inputs come in. */
export type TracingCall =
  | ({ readonly kind: 'whole' } & SourcedFunction)
  | ({ readonly kind: 'staged'; readonly lateInputs: readonly string[] } & SourcedFunction);

export interface SourcedFunction {
  readonly source: FunctionSource;
  readonly inputs: Specs;
  readonly precision: Precision;
  /** The device that the program is for. */
  readonly device: DeviceKind;
}

export interface TracingResults<Code> {
  whole: PreparedProgram<Code>;
  staged: PreparedParts<Code>;
}
