// Lets a worker of the chaos test do something to each result on its way to the store, after it was computed.
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { S3Client } from '@aws-sdk/client-s3';

/** Receives the key of a result and its bytes, which it may change. */
export type OnResult = (key: string, bytes: Uint8Array) => Promise<void> | void;

/** The keys of results: embeddings of a shard, gradients of a shard or of several. */
const resultKey = /runs\/.*\/(?:embeddings|gradients)\/\d+(?:-\d+)?\.[^/]+\.safetensors$/;
const hooks: OnResult[] = [];

/** Calls `hook` before each write of a result. Hooks are called in the order in which they were added. */
export function beforeResult(hook: OnResult): void {
  hooks.push(hook);
}

async function runHooks(path: string, bytes: Uint8Array): Promise<void> {
  for (const hook of hooks) await hook(resultKey.exec(path)![0], bytes);
}

// A directory: the blob is complete in a temporary file before it is renamed into place.
const { rename } = fs;
fs.rename = async (from, to) => {
  if (resultKey.test(String(to))) {
    const bytes = await fs.readFile(from);
    const before = Buffer.from(bytes);
    await runHooks(String(to), bytes);
    if (!before.equals(bytes)) await fs.writeFile(from, bytes);
  }
  await rename(from, to);
};
syncBuiltinESMExports();

// S3: before the request is signed.
interface Command {
  readonly input: { Body?: unknown; readonly Key?: string };
}
type Send = (this: unknown, command: Command, ...more: unknown[]) => unknown;
const prototype = S3Client.prototype as unknown as { send: Send };
const { send } = prototype;
prototype.send = async function (command, ...more) {
  const { Body: body, Key: key = '' } = command.input;
  if (body instanceof Uint8Array && resultKey.test(key)) {
    const copy = Buffer.from(body);
    await runHooks(key, copy);
    command.input.Body = copy;
  }
  return send.call(this, command, ...more);
};
