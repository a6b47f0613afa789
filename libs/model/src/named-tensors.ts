import type { Tensor } from '@tensorflow/tfjs';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** Parameters and inputs by name; parameters under open_clip's names. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** The tensor called `name`. Throws NOT_FOUND if there is none. */
export function named(tensors: NamedTensors, name: string): Tensor {
  const tensor = tensors[name];
  if (tensor) return tensor;
  const given = Object.keys(tensors);
  throw new TandemError({
    code: ErrorCode.NotFound,
    message: `expected a tensor called "${name}", got ${given.length} others: ${given.slice(0, 8).join(', ')}${given.length > 8 ? ', …' : ''}`,
    help: 'The parameters must be those of the same model config; parameterSpecs(config) lists them.',
  });
}
