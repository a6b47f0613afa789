/** How a parameter is initialised: drawn from N(0, std²) or U(−bound, bound), or set to one value. */
export type Initial =
  | { readonly kind: 'normal'; readonly std: number }
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'constant'; readonly value: number };

/** A tensor of a model. */
export interface ModelTensor {
  /**
   * open_clip's name. The values are in open_clip's layout: linear weights are [out, in], convolutions' are [out, in,
   * kernel, kernel].
   */
  readonly name: string;
  readonly shape: readonly number[];
  /** The tower, or the loss, that uses it and computes its gradient. */
  readonly tower: 'image' | 'text' | 'loss';
  readonly initial: Initial;
}

/** A tensor that is learned. */
export interface ParameterSpec extends ModelTensor {
  /**
   * Does weight decay apply? It does if the tensor has two or more dimensions and is no position or class embedding.
   */
  readonly decay: boolean;
}

export function spec(
  tower: ParameterSpec['tower'],
  name: string,
  shape: readonly number[],
  initial: Initial,
): ParameterSpec {
  const embedding = name.endsWith('positional_embedding') || name.endsWith('class_embedding');
  return { name, shape, tower, decay: shape.length >= 2 && !embedding, initial };
}

export function normal(std: number): Initial {
  return { kind: 'normal', std };
}

export function constant(value: number): Initial {
  return { kind: 'constant', value };
}

/**
 * PyTorch's default for the weights and biases of a layer: U(−bound, bound), where bound is 1/√inputs and `inputs`
 * counts the values that go into each output.
 */
export function fanIn(inputs: number): Initial {
  return { kind: 'uniform', bound: inputs ** -0.5 };
}

/**
 * Is `got` the expected shape? A scalar may also come as a vector of length one, as with open_clip's
 * nonscalar_logit_scale.
 */
export function isShape(got: readonly number[], expected: readonly number[]): boolean {
  return got.join() === expected.join() || (expected.length === 0 && got.join() === '1');
}
