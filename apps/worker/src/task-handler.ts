import { ErrorCode, TandemError, toWireError } from '#protocol/tandem-error.js';
import {
  protocolVersion,
  taskId,
  taskSchema,
  type Answer,
  type ShardAnswer,
  type Task,
  type TaskResult,
} from '#protocol/pool/task.js';
import type { RunContext } from './run-context.js';
import { openRunContexts, type RunContextsOptions } from './run-contexts.js';
import { backprop } from './tasks/backprop-task.js';
import { encode, stashKey } from './tasks/encode-task.js';
import { features } from './tasks/features-task.js';
import { startStopwatch, type Stopwatch } from './tasks/stopwatch.js';

export interface TaskHandler {
  /**
   * Does a task and returns its answer, which is an error if the task cannot be done. Never rejects. Tasks are computed
   * one after another, in the order in which they came, but the samples of a task are loaded as soon as it comes.
   */
  handle(message: unknown): Promise<Answer>;
  /** Gives up tasks of several shards after the shard that is at work: the worker is wanted to stop soon. */
  hurry(): void;
  close(): Promise<void>;
}

export interface TaskHandlerOptions extends RunContextsOptions {
  readonly code: string;
}

export function openTaskHandler(options: TaskHandlerOptions): TaskHandler {
  const contexts = openRunContexts(options);
  const stopping = new AbortController();
  let last: Promise<unknown> = Promise.resolve();

  const loadAhead = (message: unknown): void => {
    const { data: task } = taskSchema.safeParse(message);
    const context = task && contexts.get(task);
    if (!context) return;
    if (task.kind === 'features') return;
    if (task.kind === 'encode' || !context.stashes.get(stashKey(task))) context.samples.loadAhead(task);
    if (task.kind === 'backprop' && task.next) context.samples.loadAhead(task.next);
  };
  const answer = async (message: unknown): Promise<Answer> => {
    try {
      const task = readTask(message, options.code);
      const { time, laps } = startStopwatch(options.now);
      const context = await contexts.open(task);
      const done = await perform(task, context, time, stopping.signal);
      return {
        ...done,
        worker: options.worker,
        taskId: taskId(task),
        shard: task.shard,
        shards: task.shards,
        parametersHash: task.parametersHash,
        ...laps,
      };
    } catch (error) {
      return {
        kind: 'failed',
        worker: options.worker,
        taskId: idOf(message),
        error: toWireError(error, ErrorCode.ShardFailed),
      };
    }
  };
  return {
    handle(message) {
      loadAhead(message);
      const next = last.then(() => answer(message));
      last = next;
      return next;
    },
    hurry: () => stopping.abort(),
    async close() {
      await last;
      await contexts.close();
    },
  };
}

function perform(
  task: Task,
  context: RunContext,
  time: Stopwatch,
  stopping: AbortSignal,
): Promise<TaskResult<ShardAnswer>> {
  switch (task.kind) {
    case 'encode':
      return encode(task, context, time, stopping);
    case 'backprop':
      return backprop(task, context, time, stopping);
    case 'features':
      return features(task, context, time, stopping);
  }
}

function readTask(message: unknown, code: string): Task {
  const parsed = taskSchema.safeParse(message);
  if (parsed.success && parsed.data.code === code) return parsed.data;
  const theirs = (message ?? {}) as { protocol?: unknown; code?: unknown };
  throw new TandemError({
    code: ErrorCode.ProtocolMismatch,
    message:
      `Expected a task of protocol ${protocolVersion} and code ${code}, got protocol ` +
      `${String(theirs.protocol)} and code ${String(theirs.code)}.`,
    help: 'Run coordinator and workers from the same build.',
    ...(parsed.success ? {} : { cause: parsed.error }),
  });
}

function idOf(message: unknown): string {
  return taskId((message ?? {}) as Task);
}
