import type { EndedSpan } from './span-exporter.js';
import { spanIdOf, traceIdOf, type TracedStep } from './span-ids.js';
import { randomSpanId } from './random-span-id.js';

/** How long a step that is committed took, in milliseconds: its parts follow one another. */
export interface StepDurations {
  readonly stepMs: number;
  readonly encodeMs: number;
  readonly lossMs: number;
  readonly backpropMs: number;
  readonly updateMs: number;
}

/** The spans of a step on the coordinator: of the whole, and of its parts. It ended at `endMs` since 1970. */
export function stepSpans(
  of: TracedStep,
  durations: StepDurations,
  endMs: number,
  attributes: Readonly<Record<string, string | number>>,
): EndedSpan[] {
  const traceId = traceIdOf(of);
  const parentId = spanIdOf(of, 'step');
  const startMs = endMs - durations.stepMs;
  const { run, epoch, step } = of;
  const whole = { 'tandem.run': run, 'tandem.step': step + 1, 'tandem.epoch': epoch, ...attributes };
  let atMs = startMs;
  const parts = (['encode', 'loss', 'backprop', 'update'] as const).map((name): EndedSpan => {
    const partMs = atMs;
    atMs += durations[`${name}Ms`];
    const spanId = name === 'encode' || name === 'backprop' ? spanIdOf(of, name) : randomSpanId();
    return { traceId, spanId, parentId, name, startMs: partMs, endMs: atMs };
  });
  return [{ traceId, spanId: parentId, name: 'step', startMs, endMs, attributes: whole }, ...parts];
}
