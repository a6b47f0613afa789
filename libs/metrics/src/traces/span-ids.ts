import { createHash } from 'node:crypto';

/** A step as one leader takes it. */
export interface TracedStep {
  readonly run: string;
  /** The leader's fencing token. */
  readonly epoch: number;
  /** Number of steps that were committed before. */
  readonly step: number;
}

/**
 * The id of a step's trace, 32 hexadecimal digits. Coordinator and workers compute it from the task, so no message has
 * to carry it.
 */
export function traceIdOf(step: TracedStep): string {
  return digest(step, 'trace').slice(0, 32);
}

/** The id of the span of a step, or of one of its passes, 16 hexadecimal digits. */
export function spanIdOf(step: TracedStep, span: 'step' | 'encode' | 'backprop'): string {
  return digest(step, span).slice(0, 16);
}

function digest({ run, epoch, step }: TracedStep, what: string): string {
  return createHash('sha256').update(`${run}/${epoch}/${step}/${what}`).digest('hex');
}
