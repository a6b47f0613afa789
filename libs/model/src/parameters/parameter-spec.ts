/** What a parameter is drawn from at the start: N(0, std²), U(−bound, bound) or one value. */
export type Initial =
  | { readonly kind: 'normal'; readonly std: number }
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'constant'; readonly value: number };

/** A tensor that a model consists of. */
export interface ModelTensor {
  /**
   * open_clip's name; the values are in open_clip's layout, linear weights [out, in], convolutions' [out, in, kernel,
   * kernel].
   */
  readonly name: string;
  readonly shape: readonly number[];
  /** Who uses it and computes its gradient. */
  readonly tower: 'image' | 'text' | 'loss';
  readonly initial: Initial;
}

/** One that is learned. */
export interface ParameterSpec extends ModelTensor {
  /** Does weight decay apply? On two or more dimensions, position and class embeddings excepted. */
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

/** PyTorch's default for weights and biases of a layer in which so many values go into each result. */
export function fanIn(inputs: number): Initial {
  return { kind: 'uniform', bound: inputs ** -0.5 };
}

/** Is `got` the expected shape? A number may come as a vector of one, as open_clip's nonscalar_logit_scale keeps it. */
export function isShape(got: readonly number[], expected: readonly number[]): boolean {
  return got.join() === expected.join() || (expected.length === 0 && got.join() === '1');
}
