import { fork } from 'node:child_process';
import { on, once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A message from the process that measures. */
export type ProcessMessage =
  { readonly kind: 'value'; readonly value: unknown } | { readonly kind: 'failed'; readonly message: string };

/**
 * Call the generator `measure(input)` of a module in a new process and yield its values. In a new process the peak
 * memory is that of the measurement alone, and no code is compiled yet. Throws where the process fails or ends early.
 */
export async function* inFreshProcess<T>(module: URL, input?: unknown): AsyncGenerator<T> {
  const entry = fileURLToPath(new URL('./fresh-process-entry.js', import.meta.url));
  const child = fork(entry, [module.href, JSON.stringify(input ?? null)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  try {
    for await (const [message] of on(child, 'message', { close: ['disconnect'] }) as AsyncIterable<[ProcessMessage]>) {
      if (message.kind === 'failed') throw new Error(message.message);
      yield message.value as T;
    }
    const [code, signal] = await ended;
    if (code !== 0) throw new Error(`its process ended with ${signal ?? `exit code ${code}`}`);
  } finally {
    child.kill('SIGKILL');
  }
}

/** The value of a generator that yields exactly one. */
export async function onlyValue<T>(values: AsyncIterable<T>): Promise<T> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  if (all.length !== 1) throw new Error(`expected one value, got ${all.length}`);
  return all[0]!;
}
