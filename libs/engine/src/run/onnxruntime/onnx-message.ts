/** An input or output of a model. */
export interface OnnxPort {
  readonly name: string;
  /** ONNX Runtime's name of the element type: float32, float64, int64 … */
  readonly type: string;
  /** The length of each axis, or the name of a length that is known only when the model runs. */
  readonly shape: readonly (number | string)[];
}

/** A tensor; its array tells its type. */
export interface OnnxValue {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | BigInt64Array | Int32Array;
}

/** What the thread of an ONNX model is asked. */
export type OnnxCall =
  | { readonly kind: 'open'; readonly model: Uint8Array | string; readonly threads: number }
  | { readonly kind: 'hold'; readonly name: string; readonly value: OnnxValue }
  | { readonly kind: 'run'; readonly feeds: Readonly<Record<string, OnnxValue | string>> };

export interface OnnxResults {
  readonly open: { readonly inputs: readonly OnnxPort[]; readonly outputs: readonly OnnxPort[] };
  readonly hold: undefined;
  readonly run: Readonly<Record<string, OnnxValue>>;
}
