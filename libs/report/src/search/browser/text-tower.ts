/** A text tower: its shape and its parameters, under open_clip's names. */
export interface TextTower {
  readonly layers: number;
  readonly heads: number;
  /** Does a token attend only to itself and those before it? */
  readonly causal: boolean;
  /** The row that is read: that of the first token of the highest id, the first one or the last one. */
  readonly read: 'argmax' | 'first' | 'last';
  readonly activation: 'quickGelu' | 'gelu';
  /** ε of the layer norms. */
  readonly epsilon: number;
  readonly tensors: Readonly<Record<string, Float32Array>>;
}

/**
 * The text tower of libs/model for one caption, without an engine: a few million multiplications, which take a browser
 * some milliseconds. tokens [L] → [d], unit length. Rows after the one that is read are left out where none sees them.
 */
export function embedTokens(tower: TextTower, tokens: Int32Array): Float32Array {
  const at = { argmax: tokens.indexOf(Math.max(...tokens)), first: 0, last: tokens.length - 1 }[tower.read];
  const width = parameter(tower, 'ln_final.weight').length;
  let x = embedded(tower, tower.causal ? tokens.subarray(0, at + 1) : tokens); // [L, w]
  for (let layer = 0; layer < tower.layers; layer++) x = block(tower, x, `transformer.resblocks.${layer}`);
  const row = norm(tower, x.subarray(at * width, (at + 1) * width), 'ln_final'); // [w]
  return unitLength(projected(tower, row));
}

/** Token embeddings with positions. tokens [L] → [L, w] */
function embedded(tower: TextTower, tokens: Int32Array): Float32Array {
  const table = parameter(tower, 'token_embedding.weight'); // [vocabulary, w]
  const positions = parameter(tower, 'positional_embedding');
  const width = parameter(tower, 'ln_final.weight').length;
  return Float32Array.from(
    { length: tokens.length * width },
    (_, i) => table[tokens[Math.floor(i / width)]! * width + (i % width)]! + positions[i]!,
  );
}

/** x += attention(norm(x)); x += mlp(norm(x)). x [L, w] → [L, w] */
function block(tower: TextTower, x: Float32Array, prefix: string): Float32Array {
  const attended = add(x, attention(tower, norm(tower, x, `${prefix}.ln_1`), `${prefix}.attn`));
  const hidden = linear(tower, norm(tower, attended, `${prefix}.ln_2`), `${prefix}.mlp.c_fc.`);
  const active = hidden.map(tower.activation === 'quickGelu' ? quickGelu : gelu);
  return add(attended, linear(tower, active, `${prefix}.mlp.c_proj.`));
}

/** softmax(q·kᵀ/√e)·v in each head of width e, over the keys that a query sees. x [L, w] → [L, w] */
function attention(tower: TextTower, x: Float32Array, prefix: string): Float32Array {
  const projections = linear(tower, x, `${prefix}.in_proj_`); // [L, 3w]: queries, keys, values
  const width = parameter(tower, `${prefix}.out_proj.bias`).length;
  const [length, e] = [x.length / width, width / tower.heads];
  const mixed = new Float32Array(x.length);
  for (let head = 0; head < width; head += e) {
    for (let query = 0; query < length; query++) {
      const seen = tower.causal ? query + 1 : length;
      const [queryAt, keysAt, valuesAt] = [query * 3 * width + head, width + head, 2 * width + head];
      const logits = Float32Array.from({ length: seen }, (_, key) => {
        let dot = 0;
        for (let i = 0; i < e; i++) dot += projections[queryAt + i]! * projections[keysAt + key * 3 * width + i]!;
        return dot / Math.sqrt(e);
      });
      softmax(logits).forEach((weight, key) => {
        const valueAt = valuesAt + key * 3 * width;
        for (let i = 0; i < e; i++) mixed[query * width + head + i]! += weight * projections[valueAt + i]!;
      });
    }
  }
  return linear(tower, mixed, `${prefix}.out_proj.`);
}

/** x·weightᵀ + bias with parameters `${prefix}weight` [out, in] and `${prefix}bias`. x [m, in] → [m, out] */
function linear(tower: TextTower, x: Float32Array, prefix: string): Float32Array {
  const [weight, bias] = [parameter(tower, `${prefix}weight`), parameter(tower, `${prefix}bias`)];
  const [outputs, inputs] = [bias.length, weight.length / bias.length];
  const y = new Float32Array((x.length / inputs) * outputs);
  for (let at = 0; at < y.length; at++) {
    const output = at % outputs;
    const [xAt, weightAt] = [((at - output) / outputs) * inputs, output * inputs];
    let sum = bias[output]!;
    for (let i = 0; i < inputs; i++) sum += x[xAt + i]! * weight[weightAt + i]!;
    y[at] = sum;
  }
  return y;
}

/** The projection into the shared space. Without a bias its weight is [w, d], as in CLIP. row [w] → [d] */
function projected(tower: TextTower, row: Float32Array): Float32Array {
  const { tensors } = tower;
  if (tensors['text_projection.bias']) return linear(tower, row, 'text_projection.');
  const weight = parameter(tower, 'text_projection');
  const d = weight.length / row.length;
  return Float32Array.from({ length: d }, (_, j) => row.reduce((sum, value, i) => sum + value * weight[i * d + j]!, 0));
}

/** Layer norm of each row, with parameters `${prefix}.weight` and `.bias`. x [m, w] → [m, w] */
function norm(tower: TextTower, x: Float32Array, prefix: string): Float32Array {
  const [gain, bias] = [parameter(tower, `${prefix}.weight`), parameter(tower, `${prefix}.bias`)];
  const width = gain.length;
  const y = new Float32Array(x.length);
  for (let from = 0; from < x.length; from += width) {
    const row = x.subarray(from, from + width);
    const mean = row.reduce((sum, value) => sum + value, 0) / width;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
    const deviation = Math.sqrt(variance + tower.epsilon);
    row.forEach((value, i) => (y[from + i] = ((value - mean) / deviation) * gain[i]! + bias[i]!));
  }
  return y;
}

function softmax(logits: Float32Array): Float32Array {
  const highest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

function add(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, i) => value + b[i]!);
}

function unitLength(row: Float32Array): Float32Array {
  const length = Math.hypot(...row);
  return row.map((value) => value / length);
}

function quickGelu(x: number): number {
  return x / (1 + Math.exp(-1.702 * x));
}

/** x·(1 + erf(x/√2))/2; erf by Abramowitz & Stegun 7.1.26, to 2e-7. */
function gelu(x: number): number {
  const u = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * u);
  const powers = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return (x * (1 + Math.sign(x) * (1 - powers * Math.exp(-u * u)))) / 2;
}

function parameter({ tensors }: TextTower, name: string): Float32Array {
  const values = tensors[name];
  if (!values)
    throw new RangeError(`text tower: expected a parameter '${name}', got ${Object.keys(tensors).join(', ')}`);
  return values;
}
