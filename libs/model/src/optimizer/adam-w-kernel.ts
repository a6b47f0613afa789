import {
  advance,
  code,
  get,
  locals,
  loopUntil,
  operation,
  pageBytes,
  parameters,
  set,
  startKernel,
  type Code,
  type KernelMemory,
} from '#kernel/kernel.js';

/** What an update reads and writes, in the order in which their blocks lie in the kernel's memory. */
const tensors = ['parameters', 'gradients', 'firstMoments', 'secondMoments'] as const;
/** Numbers that are the same for all values. */
const scalars = [
  'gradientFactor',
  'beta1',
  'rest1',
  'beta2',
  'rest2',
  'kept',
  'rate',
  'correction',
  'epsilon',
] as const;
type KernelTensor = (typeof tensors)[number];
type KernelScalar = (typeof scalars)[number];

/** As many values of each tensor as the kernel's memory holds: together they fit in a processor's second cache. */
export const blockValues = 2 ** 14;

const valueBytes = Float32Array.BYTES_PER_ELEMENT;
const blockBytes = blockValues * valueBytes;

/** Of two values at a time, in float64. */
const [add, sub, mul, div, sqrt] = [
  operation('f64x2.add'),
  operation('f64x2.sub'),
  operation('f64x2.mul'),
  operation('f64x2.div'),
  operation('f64x2.sqrt'),
];
const toFloat32 = (pair: Code): Code => code('f32x4.demote_f64x2_zero', pair);
const toFloat64 = (pair: Code): Code => code('f64x2.promote_low_f32x4', pair);
const place = (tensor: KernelTensor): string => `offset=${tensors.indexOf(tensor) * blockBytes}`;
const read = (tensor: KernelTensor): Code => toFloat64(code('v128.load64_zero', place(tensor), get('at')));
const write = (tensor: KernelTensor, pair: Code): Code =>
  code('v128.store64_lane', place(tensor), 0, get('at'), toFloat32(pair));

const kernel = await startKernel<{ memory: KernelMemory; update(end: number, ...scalars: number[]): void }>([
  code('memory', '(export "memory")', Math.ceil((tensors.length * blockBytes) / pageBytes)),
  code(
    'func (export "update")',
    parameters('i32', ['end']),
    parameters(
      'f64',
      scalars.map((name) => `${name}-number`),
    ),
    locals('i32', ['at']),
    locals('v128', [...scalars, 'g', 'm', 'v']),
    ...scalars.map((name) => set(name, code('f64x2.splat', get(`${name}-number`)))),
    loopUntil('at', 'end', [
      set('g', toFloat64(toFloat32(mul(read('gradients'), get('gradientFactor'))))),
      set('m', add(mul(get('beta1'), read('firstMoments')), mul(get('rest1'), get('g')))),
      set('v', add(mul(get('beta2'), read('secondMoments')), mul(mul(get('rest2'), get('g')), get('g')))),
      write('firstMoments', get('m')),
      write('secondMoments', get('v')),
      write(
        'parameters',
        sub(
          mul(get('kept'), read('parameters')),
          div(mul(get('rate'), get('m')), add(mul(sqrt(get('v')), get('correction')), get('epsilon'))),
        ),
      ),
      advance('at', 2 * valueBytes),
    ]),
  ),
]);

/**
 * AdamW's formula (adamW) for at most `blockValues` values, in place. They are copied to the kernel's own memory and
 * back, which goes by words where a tensor begins on one; it takes 7 ns a value in all, where a loop in JavaScript
 * takes 17.
 */
export function updateBlock(
  values: Readonly<Record<KernelTensor, Float32Array>>,
  numbers: Readonly<Record<KernelScalar, number>>,
): void {
  const { length } = values.parameters;
  const blocks = tensors.map((name, i) => ({
    name,
    block: new Float32Array(kernel.memory.buffer, i * blockBytes, length),
  }));
  for (const { name, block } of blocks) block.set(values[name]);
  kernel.update(length * valueBytes, ...scalars.map((name) => numbers[name]));
  for (const { name, block } of blocks) if (name !== 'gradients') values[name].set(block);
}
