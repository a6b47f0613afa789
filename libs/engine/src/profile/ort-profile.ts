import { productFlops } from './product-flops.js';
import type { KernelTime, ProgramRun } from './program-profile.js';

/** An event of ONNX Runtime's profile, a list in Chrome's trace format; times in microseconds. */
interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly args: { readonly op_name?: string; readonly input_type_shape?: readonly TypedShape[]; readonly output_type_shape?: readonly TypedShape[] };
}
/** `{ float: [2, 3] }` */
type TypedShape = Readonly<Record<string, readonly number[]>>;

/** The runs in the text of a profile that ONNX Runtime wrote. */
export function readOrtProfile(text: string): ProgramRun[] {
  const events = (JSON.parse(text) as readonly TraceEvent[]).toSorted((a, b) => a.ts - b.ts);
  const kernels = events.filter(({ cat, name }) => cat === 'Node' && name.endsWith(kernelSuffix));
  return events
    .filter(({ name }) => name === 'model_run')
    .map(({ ts, dur }) => ({
      timeMs: dur / 1000,
      kernels: kernels.filter((kernel) => kernel.ts >= ts && kernel.ts < ts + dur).map(kernelTime),
    }));
}

const kernelSuffix = '_kernel_time';

function kernelTime({ name, dur, args }: TraceEvent): KernelTime {
  const operator = args.op_name ?? '';
  const shapes = (typed: readonly TypedShape[] = []): (readonly number[])[] => typed.map((shape) => Object.values(shape)[0] ?? []);
  return {
    operator,
    scope: scopeOf(name.slice(0, -kernelSuffix.length)),
    timeMs: dur / 1000,
    flops: productFlops(operator, shapes(args.input_type_shape), shapes(args.output_type_shape)),
  };
}

/** Nodes are named `SCOPE/OPERATOR.NUMBER`; a fusion appends its own name, what ONNX Runtime adds has another form. */
function scopeOf(node: string): string {
  return /^(.*)\/[A-Za-z]+\.\d+(\/|$)/.exec(node)?.[1] ?? '';
}
