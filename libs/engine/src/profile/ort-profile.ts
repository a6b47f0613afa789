import { matmulFlops } from './matmul-flops.js';
import type { KernelTime, ProgramRun } from './program-profile.js';

/** An event of ONNX Runtime's profile, which is a list in Chrome's trace format. Times are in microseconds. */
interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly args: {
    readonly op_name?: string;
    readonly provider?: string;
    readonly input_type_shape?: readonly TypedShape[];
    readonly output_type_shape?: readonly TypedShape[];
  };
}
/** A shape under its element type, such as `{ float: [2, 3] }`. */
type TypedShape = Readonly<Record<string, readonly number[]>>;

/**
 * Read the runs from the text of a profile that ONNX Runtime wrote. A kernel that runs on a GPU counts with its time
 * there, because the CPU only submits it.
 */
export function readOrtProfile(text: string): ProgramRun[] {
  const events = (JSON.parse(text) as readonly TraceEvent[]).toSorted((a, b) => a.ts - b.ts);
  const nodes = events.filter(({ cat, name }) => cat === 'Node' && name.endsWith(kernelSuffix));
  const onGpu = new Map<string, TraceEvent[]>();
  for (const event of events.filter(({ cat }) => cat === 'Api')) {
    const node = event.name.split('&')[0]!;
    onGpu.set(node, [...(onGpu.get(node) ?? []), event]);
  }
  const runs = events.filter(({ name }) => name === 'model_run');
  const isOnGpu = ({ args }: TraceEvent): boolean => onGpu.size > 0 && args.provider !== 'CPUExecutionProvider';
  return runs.map(({ ts, dur }, run) => {
    const ran = nodes.filter((node) => node.ts >= ts && node.ts < ts + dur);
    const kernels = ran.map((node) => kernelTime(node, isOnGpu(node) ? gpuTimeUs(node, run) : node.dur));
    // A run may end before its kernels on the GPU do.
    return {
      timeMs: Math.max(
        dur / 1000,
        kernels.reduce((sum, { timeMs }) => sum + timeMs, 0),
      ),
      kernels,
    };
  });

  /** GPU events are in order, but on another clock. The first run may have more of them than the others. */
  function gpuTimeUs(node: TraceEvent, run: number): number {
    const all = onGpu.get(nodeName(node)) ?? [];
    const eachRun = Math.floor(all.length / runs.length);
    const end = all.length - (runs.length - 1 - run) * eachRun;
    return all.slice(end - eachRun, end).reduce((sum, { dur }) => sum + dur, 0);
  }
}

const kernelSuffix = '_kernel_time';

function nodeName({ name }: TraceEvent): string {
  return name.slice(0, -kernelSuffix.length);
}

function kernelTime(node: TraceEvent, timeUs: number): KernelTime {
  const { op_name: operator = '', provider = '', input_type_shape: inputs, output_type_shape: outputs } = node.args;
  const shapes = (typed: readonly TypedShape[] = []): (readonly number[])[] =>
    typed.map((shape) => Object.values(shape)[0] ?? []);
  return {
    operator,
    scope: scopeOf(nodeName(node)),
    provider,
    timeMs: timeUs / 1000,
    flops: matmulFlops(operator, shapes(inputs), shapes(outputs)),
  };
}

/** Nodes are named `SCOPE/OPERATOR.NUMBER`. Fusions append a name; nodes that ONNX Runtime adds have other names. */
function scopeOf(node: string): string {
  return /^(.*)\/[A-Za-z]+\.\d+(\/|$)/.exec(node)?.[1] ?? '';
}
