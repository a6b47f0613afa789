import type { ModelTask } from '#protocol/pool/task.js';
import { openRunContext, type RunContext, type RunContextOptions } from './run-context.js';

/** The runs that a worker holds open, so that it can go from one run's task to another's without opening it again. */
export interface RunContexts {
  /** The run of a task, if it is open. */
  get(task: ModelTask): RunContext | undefined;
  /** The run of a task. It is opened; others are closed: those not used for long, and the oldest above the limit. */
  open(task: ModelTask): Promise<RunContext>;
  close(): Promise<void>;
}

export interface RunContextsOptions extends RunContextOptions {
  /** How many runs are held open at most. */
  readonly runsHeld: number;
  /** The time in milliseconds, from any starting point. */
  readonly now: () => number;
}

/** A run whose tasks go to others, or that has ended, holds memory for no longer than this. */
const unusedMs = 60_000;

export function openRunContexts(options: RunContextsOptions): RunContexts {
  /** The one that was used last is at the end. */
  let held: readonly { readonly context: RunContext; readonly usedMs: number }[] = [];
  const get = (task: ModelTask): RunContext | undefined => held.find(({ context }) => isFor(context, task))?.context;
  const closeAll = async (contexts: readonly RunContext[]): Promise<void> => {
    held = held.filter(({ context }) => !contexts.includes(context));
    for (const context of contexts) await context.close();
  };
  return {
    get,
    async open(task) {
      const known = get(task);
      const others = held.filter(({ context }) => context !== known);
      const kept = others.filter(
        ({ usedMs, context }) => options.now() - usedMs < unusedMs && context.run !== task.run,
      );
      const room = kept.slice(Math.max(0, kept.length - (options.runsHeld - 1)));
      await closeAll(others.filter((one) => !room.includes(one)).map(({ context }) => context));
      const context = known ?? (await openRunContext(task, options));
      held = [...held.filter((one) => one.context !== context), { context, usedMs: options.now() }];
      return context;
    },
    close: () => closeAll(held.map(({ context }) => context)),
  };
}

/** A run that was resumed may have another document. */
function isFor({ run, configHash }: RunContext, task: ModelTask): boolean {
  return run === task.run && configHash === task.configHash;
}
