import { describe, expect, it } from 'vitest';
import { minimise, usualLbfgs, type Objective } from './l-bfgs.js';

/** Σ 100(x_{2i+1} − x_{2i}²)² + (1 − x_{2i})², least at 1. Source: Rosenbrock 1960. */
const rosenbrock: Objective = async (x) => {
  const gradient = new Float64Array(x.length);
  let value = 0;
  for (let i = 0; i < x.length; i += 2) {
    const [a, b] = [x[i]!, x[i + 1]!];
    value += 100 * (b - a * a) ** 2 + (1 - a) ** 2;
    gradient[i] = -400 * a * (b - a * a) - 2 * (1 - a);
    gradient[i + 1] = 200 * (b - a * a);
  }
  return { value, gradient };
};

describe('minimise', () => {
  it('finds the bottom of a bent valley, with more than one pair of its variables', async () => {
    const start = Float64Array.of(-1.2, 1, -1.2, 1, 3, -2);
    const { x, end, gradient } = await minimise(rosenbrock, start, {
      ...usualLbfgs,
      decreaseMin: 0,
      gradientMax: 1e-9,
    });
    expect(end).toBe('gradient');
    expect(Math.max(...gradient.map(Math.abs))).toBeLessThanOrEqual(1e-9);
    for (const value of x) expect(value).toBeCloseTo(1, 8);
  });

  it('is done at once where the gradient is zero, and stops at the limit of iterations', async () => {
    expect(await minimise(rosenbrock, Float64Array.of(1, 1))).toMatchObject({ iterations: 0, end: 'gradient' });
    const cut = await minimise(rosenbrock, Float64Array.of(-1.2, 1), { ...usualLbfgs, iterationsMax: 3 });
    expect(cut).toMatchObject({ iterations: 3, end: 'iterations' });
  });

  it('ends, and says so, where the gradient is wrong and no step goes down', async () => {
    const wrong: Objective = async (x) => ({ value: x[0]!, gradient: Float64Array.of(-1) });
    expect((await minimise(wrong, Float64Array.of(0))).end).toBe('no step');
  });
});
