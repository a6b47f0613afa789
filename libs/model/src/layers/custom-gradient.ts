import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';

/**
 * An operation with a hand-written gradient, which replaces the one that tfjs would derive from its parts. `forward`
 * returns the value and the tensors that the gradient needs; `gradient` returns one tensor for each of `inputs`. What
 * `gradient` computes without dy counts as forward work, and may be computed and kept before dy is known.
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
    // tfjs returns the kept tensors in the order in which they were saved.
    return { value, gradFunc: (dy, saved) => gradient(dy, saved as unknown as Kept) };
  });
  return operation(...inputs);
}
