/** One run of one kernel. */
export interface KernelTime {
  /** The ONNX name of its operator. */
  readonly operator: string;
  /** Where in the model it comes from, as in the program; empty for a kernel that ONNX Runtime added itself. */
  readonly scope: string;
  /** ONNX Runtime's provider: `CPUExecutionProvider`, `WebGpuExecutionProvider` or `CUDAExecutionProvider`. */
  readonly provider: string;
  readonly timeMs: number;
  /** 2 for each multiply-add of a matmul or convolution; 0 for everything else. */
  readonly flops: number;
}

/** One run of a program, with its kernels in the order in which they ran. */
export interface ProgramRun {
  readonly timeMs: number;
  readonly kernels: readonly KernelTime[];
}

/** Whether a program is a whole function or one part of a function that was cut. */
export type ProgramPart = 'whole' | 'forward' | 'backward';

/** All runs of a program so far. They include the first, which also allocates. */
export interface ProgramProfile {
  readonly part: ProgramPart;
  /** Bytes of its ONNX graph. */
  readonly graphBytes: number;
  readonly runs: readonly ProgramRun[];
}
