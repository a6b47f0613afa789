import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { Specs, TensorFunction } from '#engine/device.js';
import { scaledGradients } from '#model/towers/gradient-scale.js';
import { towerGradients, towerSums, type TowerName } from '#model/towers/tower-step.js';
import type { ClipConfig } from '#protocol/run/run-config.js';

/**
 * The tower's gradients, each added to a sum that is an input: micro-batches are added inside the program, in their
 * order.
 */
export function accumulatingGradients(
  config: ClipConfig,
  tower: TowerName,
  trainable: readonly string[],
  isScaled: boolean,
): TensorFunction {
  const plain = towerGradients(config, tower, trainable);
  const gradients = isScaled ? scaledGradients(plain) : plain;
  return (inputs) => {
    const outputs = gradients(inputs);
    const accumulate = (name: string, output: string): Tensor =>
      tf.tidy('gradient-sums', () => tf.add(inputs[sumName(name)]!, outputs[output]!));
    const sums = towerSums(config, tower, trainable).map(({ name, output }): [string, Tensor] => [
      sumName(name),
      accumulate(name, output),
    ]);
    return { embedding: outputs['embedding']!, ...Object.fromEntries(sums) };
  };
}

/** Specs of the inputs that hold the sums so far. */
export function sumInputs(summed: ReturnType<typeof towerSums>): Specs {
  return Object.fromEntries(summed.map(({ name, shape }) => [sumName(name), { dtype: 'float32', shape }]));
}

/** Name of the input, and of the output, with the sum of a tensor. */
export function sumName(parameter: string): string {
  return `sum/${parameter}`;
}
