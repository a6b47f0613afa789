// A worker on a machine that breaks at SIGUSR2: from then on, one bit of every result flips on its way to the store,
// after the worker has computed it. Everything else about it is sound.
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { S3Client } from '@aws-sdk/client-s3';

let isBroken = false;
process.on('SIGUSR2', () => void (isBroken = true));

/** The keys of results: embeddings of a shard, gradients of a shard or of several. */
const isResult = (path: string): boolean => isBroken && /\/(embeddings|gradients)\/\d+(-\d+)?\.safetensors$/.test(path);

/** Flips one bit in the last quarter of a blob, which is the exponent of a value there. */
function flipBit(bytes: Uint8Array): void {
  const value = Math.floor((bytes.byteLength * 7) / 8 / 4);
  bytes[value * 4 + 3]! ^= 0b10;
}

function tell(path: string): void {
  process.stderr.write(`flipped a bit of ${path}\n`);
}

// A directory: the blob is complete in a temporary file before it is renamed into place.
const { rename } = fs;
fs.rename = async (from, to) => {
  if (isResult(String(to))) {
    const bytes = await fs.readFile(from);
    flipBit(bytes);
    await fs.writeFile(from, bytes);
    tell(String(to));
  }
  await rename(from, to);
};
syncBuiltinESMExports();

// S3: the bit flips before the request is signed.
interface Command {
  readonly input: { Body?: unknown; readonly Key?: string };
}
type Send = (this: unknown, command: Command, ...more: unknown[]) => unknown;
const prototype = S3Client.prototype as unknown as { send: Send };
const { send } = prototype;
prototype.send = function (command, ...more) {
  const { Body: body, Key: key = '' } = command.input;
  if (body instanceof Uint8Array && isResult(key)) {
    const copy = Buffer.from(body);
    flipBit(copy);
    command.input.Body = copy;
    tell(key);
  }
  return send.call(this, command, ...more);
};

await import('../../apps/worker/src/main.js');
