import { strongWolfeStep, type LinePoint, type Valued } from './wolfe-search.js';

export type Objective = (x: Float64Array) => Promise<Valued>;

export interface LbfgsOptions {
  /** Pairs of steps and gradient changes that stand for the curvature. */
  readonly memory: number;
  readonly iterationsMax: number;
  /** It has converged once no entry of the gradient is larger than this. */
  readonly gradientMax: number;
  /** It stops where the value falls by less than this share of it, or of 1 if it is smaller. */
  readonly decreaseMin: number;
}

/** What scikit-learn gives SciPy's L-BFGS-B, with the limit of iterations of CLIP's Appendix A.3. */
export const usualLbfgs: LbfgsOptions = {
  memory: 10,
  iterationsMax: 1000,
  gradientMax: 1e-4,
  decreaseMin: 64 * Number.EPSILON,
};

export interface Minimum extends Valued {
  readonly x: Float64Array;
  readonly iterations: number;
  readonly evaluations: number;
  readonly end: 'gradient' | 'decrease' | 'iterations' | 'no step';
}

/**
 * Minimises a smooth function by limited-memory BFGS in float64 with a line search for the strong Wolfe conditions. The
 * result is a function of objective, start and options. Source: Nocedal & Wright, Numerical Optimization, Algorithms
 * 7.4 and 7.5.
 */
export async function minimise(
  objective: Objective,
  start: Float64Array,
  options: LbfgsOptions = usualLbfgs,
): Promise<Minimum> {
  let [x, at] = [start, await objective(start)];
  let evaluations = 1;
  const history: Correction[] = [];
  const ended = (iterations: number, end: Minimum['end']): Minimum => ({ x, ...at, iterations, evaluations, end });
  for (let iteration = 0; ; iteration += 1) {
    if (largest(at.gradient) <= options.gradientMax) return ended(iteration, 'gradient');
    if (iteration === options.iterationsMax) return ended(iteration, 'iterations');
    const direction = descent(at.gradient, history);
    const from = x;
    const along = async (step: number): Promise<LinePoint> => {
      evaluations += 1;
      const point = plus(from, direction, step);
      const there = await objective(point);
      return { step, x: point, ...there, slope: dot(there.gradient, direction) };
    };
    const first = history.length === 0 ? Math.min(1, 1 / norm(at.gradient)) : 1;
    const slope = dot(at.gradient, direction);
    const next = await strongWolfeStep(along, { step: 0, x, ...at, slope }, first);
    if (!next) {
      if (history.length === 0) return ended(iteration, 'no step');
      history.length = 0; // The curvature was misjudged: go on along the gradient.
      continue;
    }
    const before = at;
    remember(history, plus(next.x, x, -1), plus(next.gradient, before.gradient, -1), options.memory);
    [x, at] = [next.x, { value: next.value, gradient: next.gradient }];
    const scale = Math.max(Math.abs(before.value), Math.abs(at.value), 1);
    if (before.value - at.value <= options.decreaseMin * scale) return ended(iteration + 1, 'decrease');
  }
}

interface Correction {
  /** x' − x */
  readonly s: Float64Array;
  /** ∇f' − ∇f */
  readonly y: Float64Array;
  /** 1 / ⟨y, s⟩ */
  readonly rho: number;
}

/** −H∇f by the two loops over the corrections. */
function descent(gradient: Float64Array, history: readonly Correction[]): Float64Array {
  const q = gradient.slice();
  const alphas = history.toReversed().map(({ s, y, rho }) => {
    const alpha = rho * dot(s, q);
    addTo(q, y, -alpha);
    return alpha;
  });
  const last = history.at(-1);
  const scale = last ? 1 / (last.rho * dot(last.y, last.y)) : 1;
  for (let i = 0; i < q.length; i += 1) q[i]! *= scale;
  history.forEach(({ s, y, rho }, index) => {
    const beta = rho * dot(y, q);
    addTo(q, s, alphas[history.length - 1 - index]! - beta);
  });
  for (let i = 0; i < q.length; i += 1) q[i] = -q[i]!;
  return q;
}

/** A pair without positive curvature, which rounding can give, would make H indefinite. */
function remember(history: Correction[], s: Float64Array, y: Float64Array, memory: number): void {
  const curvature = dot(y, s);
  if (!(curvature > Number.EPSILON * dot(y, y))) return;
  history.push({ s, y, rho: 1 / curvature });
  if (history.length > memory) history.shift();
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i]! * b[i]!;
  return sum;
}

function norm(a: Float64Array): number {
  return Math.sqrt(dot(a, a));
}

function plus(a: Float64Array, b: Float64Array, factor: number): Float64Array {
  const sum = a.slice();
  addTo(sum, b, factor);
  return sum;
}

function addTo(to: Float64Array, b: Float64Array, factor: number): void {
  for (let i = 0; i < to.length; i += 1) to[i]! += factor * b[i]!;
}

function largest(a: Float64Array): number {
  return a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
