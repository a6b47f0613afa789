/** One run of one kernel. */
export interface KernelTime {
  /** Its ONNX name. */
  readonly operator: string;
  /** Where in the model it comes from, as in the program; empty for what ONNX Runtime put in itself. */
  readonly scope: string;
  /** Of ONNX Runtime: `CPUExecutionProvider`, `WebGpuExecutionProvider`, `CUDAExecutionProvider`. */
  readonly provider: string;
  readonly timeMs: number;
  /** Of a matmul two for each multiplication and addition; 0 of all else. */
  readonly flops: number;
}

/** One run of a program, its kernels in the order they ran. */
export interface ProgramRun {
  readonly timeMs: number;
  readonly kernels: readonly KernelTime[];
}

/** A whole function, or one part of one that was cut. */
export type ProgramPart = 'whole' | 'forward' | 'backward';

/** All runs of a program so far, the first one included, which also allocates. */
export interface ProgramProfile {
  readonly part: ProgramPart;
  /** Bytes of its ONNX graph. */
  readonly graphBytes: number;
  readonly runs: readonly ProgramRun[];
}
