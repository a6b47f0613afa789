import { expect } from 'vitest';
import type { DeviceStep } from './device-step.js';

/** Expects that two devices gave the same numbers, up to rounding. */
export function expectSameStep(got: DeviceStep, expected: DeviceStep): void {
  for (const tower of ['image', 'text'] as const) expectNear(got.rows[tower], expected.rows[tower], 1e-5);
  expect(Object.keys(got.gradients)).toEqual(Object.keys(expected.gradients));
  for (const [parameter, gradient] of Object.entries(expected.gradients)) {
    expect(Math.hypot(...gradient), parameter).toBeGreaterThan(1e-6);
    expectNear(got.gradients[parameter]!, gradient, 1e-4 * Math.max(...gradient.map(Math.abs)));
  }
  expect(got.loss).toBeCloseTo(expected.loss, 5);
  expectNear(got.imageGradients, expected.imageGradients, 1e-6);
  expectNear(got.textGradients, expected.textGradients, 1e-6);
}

function expectNear(got: Float32Array, expected: Float32Array, tolerance: number): void {
  expect(got.length).toBe(expected.length);
  expect(Math.max(...expected.map((value, at) => Math.abs(value - got[at]!)))).toBeLessThanOrEqual(tolerance);
}
