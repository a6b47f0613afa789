import { startThread, type ThreadClient } from '#threads/thread-client.js';
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
  let thread: ThreadClient<TracingCall, TracingResults<Code>> | undefined;
  let idle: NodeJS.Timeout | undefined;
  let calls = 0;
  const close = async (): Promise<void> => {
    clearTimeout(idle);
    const closing = thread;
    thread = undefined;
    await closing?.close();
  };
  const during = async <Result>(
    work: (open: ThreadClient<TracingCall, TracingResults<Code>>) => Promise<Result>,
  ): Promise<Result> => {
    clearTimeout(idle);
    thread ??= startThread({ entry: new URL('./tracing-thread.js', import.meta.url), failure: engineFailure });
    calls += 1;
    try {
      return await work(thread);
    } finally {
      calls -= 1;
      if (calls === 0) idle = setTimeout(() => void close(), idleMs).unref();
    }
  };
  return {
    whole: (fn) => during((open) => open.call({ kind: 'whole', device, ...fn })),
    staged: (fn, lateInputs) => during((open) => open.call({ kind: 'staged', device, lateInputs, ...fn })),
    close,
  };
}
