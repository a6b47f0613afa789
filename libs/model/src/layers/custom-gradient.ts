import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';

/**
 * An operation with a gradient of its own in place of the one its parts would add up to: `forward` gives the value and
 * what the gradient needs of it, `gradient` one tensor for each of `inputs`. What `gradient` computes without dy is
 * part of the forward work and may be done, and kept, before dy is known.
 */
export function withGradient<Kept extends readonly Tensor[]>(
  inputs: readonly Tensor[],
  forward: () => { readonly value: Tensor; readonly kept: Kept },
  gradient: (dy: Tensor, kept: Kept) => Tensor[],
): Tensor {
  const operation = tf.customGrad((...args) => {
    const save = args.at(-1) as tf.GradSaveFunc;
    const { value, kept } = forward();
    save([...kept]);
    // tfjs hands the kept tensors back in the order they were saved.
    return { value, gradFunc: (dy, saved) => gradient(dy, saved as unknown as Kept) };
  });
  return operation(...inputs);
}
