import type { ProcessMessage } from './fresh-process.js';

/* A process that measures one thing: calls `measure` of the module it is given and sends what that yields. */

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
process.exit(0); // All is sent; a thread that a measurement left behind must not be waited for.
