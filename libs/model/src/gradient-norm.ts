/** Square root of the sum of all squares, added in float64 in the order given. Not finite if any gradient is not. */
export function gradientNorm(gradients: Iterable<Float32Array>): number {
  let sum = 0;
  for (const gradient of gradients) {
    for (let i = 0; i < gradient.length; i++) sum += (gradient[i] as number) ** 2;
  }
  return Math.sqrt(sum);
}

/**
 * Scale gradients in place so that their norm is at most `largest`: g ← g·min(1, largest/(norm + 1e-6)).
 * `norm` is gradientNorm of the same gradients. Source: PyTorch, clip_grad_norm_.
 */
export function clipGradients(gradients: Iterable<Float32Array>, norm: number, largest: number): void {
  const factor = largest / (norm + 1e-6);
  if (!(factor < 1)) return;
  for (const gradient of gradients) {
    for (let i = 0; i < gradient.length; i++) gradient[i] = (gradient[i] as number) * factor;
  }
}
