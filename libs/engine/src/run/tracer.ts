import { passingThread } from '#threads/passing-thread.js';
import { startThread } from '#threads/thread-client.js';
import type { DeviceKind } from '../device.js';
import { engineFailure } from './engine-client.js';
import type { PreparedParts, PreparedProgram } from './prepared-program.js';
import type { SourcedFunction, TracingCall, TracingResults } from './tracing-message.js';

/** Traces functions in a thread of its own, which is there only while there is something to trace. */
export interface Tracer<Code> {
  whole(fn: Omit<SourcedFunction, 'device'>): Promise<PreparedProgram<Code>>;
  staged(fn: Omit<SourcedFunction, 'device'>, lateInputs: readonly string[]): Promise<PreparedParts<Code>>;
  close(): Promise<void>;
}

/** The programs of a run are made one soon after the other; a thread takes as long to start as to trace one. */
const idleMs = 10_000;

export function openTracer<Code>(device: DeviceKind): Tracer<Code> {
  const entry = new URL('./tracing-thread.js', import.meta.url);
  const { during, close } = passingThread(
    () => startThread<TracingCall, TracingResults<Code>>({ entry, failure: engineFailure }),
    idleMs,
  );
  return {
    whole: (fn) => during((thread) => thread.call({ kind: 'whole', device, ...fn })),
    staged: (fn, lateInputs) => during((thread) => thread.call({ kind: 'staged', device, lateInputs, ...fn })),
    close,
  };
}
