import { randomSpanId } from './random-span-id.js';
import type { SpanExporter } from './span-exporter.js';
import { spanIdOf, traceIdOf, type TracedStep } from './span-ids.js';

/** A task of a step, as far as its spans say. */
export interface TracedTask extends TracedStep {
  readonly kind: 'encode' | 'backprop';
  readonly shard: number;
  readonly shards: number;
}

/** The spans of one task on a worker: of the whole below its pass of the step, and of its parts below that. */
export interface TaskTrace {
  /** A part of the task is over. Times as the clock's `nowMs` gives them. */
  part(name: string, startedMs: number, endedMs: number): void;
  /** The task is over: done, or failed for this reason. */
  end(error?: string): void;
}

export interface TraceClock {
  /** From any starting point, to fractions of a millisecond. */
  nowMs(): number;
  /** Since 1970. */
  wallMs(): number;
}

export function beginTaskTrace(
  exporter: SpanExporter,
  task: TracedTask,
  worker: string,
  { nowMs, wallMs }: TraceClock,
): TaskTrace {
  const { kind, shard, shards } = task;
  const [traceId, spanId] = [traceIdOf(task), randomSpanId()];
  const begunMs = nowMs();
  // One for all spans of the task, so that those within one another are so in time as well.
  const sinceMs = wallMs() - begunMs;
  return {
    part: (name, startedMs, endedMs) =>
      exporter.record({
        ...{ traceId, spanId: randomSpanId(), parentId: spanId, name },
        ...{ startMs: sinceMs + startedMs, endMs: sinceMs + endedMs },
      }),
    end: (error) =>
      exporter.record({
        ...{ traceId, spanId, parentId: spanIdOf(task, kind), name: `${kind} task` },
        ...{ startMs: sinceMs + begunMs, endMs: sinceMs + nowMs() },
        attributes: {
          ...{ 'tandem.run': task.run, 'tandem.step': task.step + 1, 'tandem.worker': worker },
          ...{ 'tandem.shard': shard, 'tandem.shards': shards },
        },
        ...(error !== undefined && { error }),
      }),
  };
}
