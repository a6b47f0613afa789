/** sums[start + i] += terms[i], in float64. */
export function addTo(sums: Float64Array, start: number, terms: Float32Array): void {
  for (let i = 0; i < terms.length; i++) sums[start + i] = sums[start + i]! + terms[i]!;
}

export function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Σ a_i·b_i, summed in float64. */
export function innerProduct(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
