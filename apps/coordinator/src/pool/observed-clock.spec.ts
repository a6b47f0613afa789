// Goal: time in which the coordinator itself stood still is no silence of its workers. Method: readings by hand.
import { expect, it } from 'vitest';
import { observedClock } from './observed-clock.js';

it('counts short gaps in full and of long ones only the limit', () => {
  const clock = observedClock(500);
  expect([1000, 1250, 1750, 9000, 9250].map((nowMs) => clock.advance(nowMs))).toEqual([0, 250, 750, 1250, 1500]);
});
