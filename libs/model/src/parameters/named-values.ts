import type { Tensor } from '@tensorflow/tfjs';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** Parameters and inputs by name. Parameters have open_clip's names. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** The same as NamedTensors, but in host memory, row-major. */
export type NamedValues = Readonly<Record<string, Float32Array>>;

/** The value that `record` holds under `name`. Throws NOT_FOUND if there is none. */
export function requireTensor<Value>(record: Readonly<Record<string, Value>>, name: string): Value {
  const value = record[name];
  if (value !== undefined) return value;
  const given = Object.keys(record);
  throw new TandemError({
    code: ErrorCode.NotFound,
    message:
      `expected a tensor called "${name}", got ${given.length} others: ` +
      `${given.slice(0, 8).join(', ')}${given.length > 8 ? ', …' : ''}`,
    help: 'The parameters must be those of the same model config; modelTensors(config) lists them.',
  });
}
