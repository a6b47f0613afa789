import type { Device } from '#engine/device.js';
import { lower } from '#engine/lower/lower.js';
import { matmulsAndConvolutions } from '#engine/program/primitive.js';
import { buildProgram, type ProgramBuilder } from '#engine/program/program-builder.js';
import type { Program, Value } from '#engine/program/program.js';
import { startOrtEngine } from '#engine/run/engine-client.js';
import { openEngineDevice } from '#engine/run/engine-device.js';
import type { DataType } from '#engine/tensor-spec.js';

/**
 * A CPU device with the numbers of float16 and bfloat16 matmuls. It computes everything in float32 and rounds what a
 * narrow type would hold. (ONNX Runtime has float16 matmuls on the CPU as well, but skips roundings that it considers
 * needless.)
 */
export function openLowPrecisionDevice(): Device {
  return openEngineDevice({
    kind: 'cpu',
    name: 'a CPU that rounds',
    client: startOrtEngine({ kind: 'cpu', threads: 1 }),
    lacks: {},
    prepare(program) {
      const { onnx, inputs } = lower(withRounding(program));
      return { code: onnx, inputs };
    },
  });
}

function withRounding(program: Program): Program {
  const builder = buildProgram(() => '');
  const cast = (value: Value, to: DataType): Value =>
    value.dtype === to ? value : builder.emit('cast', [value], { to });
  const wide = new Map<Value, Value>();
  for (const [name, value] of Object.entries(program.inputs)) {
    const input = builder.input(name, value);
    wide.set(value, isNarrow(value.dtype) ? cast(input, 'float32') : input);
  }
  for (const node of program.nodes) {
    const operands = node.inputs.map((value) => wide.get(value)!);
    const to = node.outputs[0]!.dtype;
    const made =
      node.inputs.length === 0
        ? [builder.emit(node.kind, [], node.attributes, node.outputs[0])]
        : node.kind !== 'cast'
          ? builder.emitMany(node.kind, operands, node.attributes)
          : [isNarrow(to) ? operands[0]! : cast(operands[0]!, to)];
    const isRounded = isNarrow(to) && (node.kind === 'cast' || matmulsAndConvolutions.has(node.kind));
    node.outputs.forEach((value, at) => wide.set(value, isRounded ? rounded(builder, made[at]!, to) : made[at]!));
  }
  return builder.finish(
    Object.fromEntries(
      Object.entries(program.outputs).map(([name, value]) => [name, cast(wide.get(value)!, value.dtype)]),
    ),
  );
}

/**
 * x rounded to a narrow type, in float32. Source: Dekker 1971 for the leading digits. Below the normal numbers of
 * float16, x is rounded to whole multiples of the smallest subnormal number.
 */
function rounded(builder: ProgramBuilder, x: Value, to: DataType): Value {
  const number = (value: number): Value =>
    builder.emit('constant', [], { values: [value] }, { dtype: 'float32', shape: [] });
  const binary = (kind: 'add' | 'sub' | 'mul', a: Value, b: Value): Value => builder.emit(kind, [a, b], {});
  const spread = binary('mul', x, number(to === 'float16' ? 2 ** 13 + 1 : 2 ** 16 + 1));
  const leading = binary('sub', spread, binary('sub', spread, x));
  if (to !== 'float16') return leading;
  // Near 0.75, neighbouring float32 values are 2^-24 apart, like the subnormal numbers of float16.
  const multiples = binary('sub', binary('add', x, number(0.75)), number(0.75));
  const isSmall = builder.emit('less', [builder.emit('abs', [x], {}), number(2 ** -14)], {});
  return builder.emit('where', [isSmall, multiples, leading], {});
}

function isNarrow(dtype: DataType): boolean {
  return dtype === 'float16' || dtype === 'bfloat16';
}
