import type { ProcessMessage } from './fresh-process.js';

/* A process that measures one thing: it calls `measure` of the given module and sends the values that this yields. */

const [, , href = '', input = 'null'] = process.argv;

async function main(): Promise<void> {
  const { measure } = (await import(href)) as { measure(input: unknown): AsyncIterable<unknown> };
  for await (const value of measure(JSON.parse(input))) await send({ kind: 'value', value });
}

function send(message: ProcessMessage): Promise<void> {
  return new Promise((resolve, reject) =>
    process.send!(message, undefined, {}, (error) => (error ? reject(error) : resolve())),
  );
}

await main().catch((error: unknown) =>
  send({ kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
);
process.exit(0); // Everything is sent. A thread that a measurement left running must not keep the process.
