// From SIGUSR2 on, one bit of every result of this process flips on its way to the store, after it was computed.
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { S3Client } from '@aws-sdk/client-s3';

let isBroken = false;
process.on('SIGUSR2', () => void (isBroken = true));

/** The sha256 of what was stored in place of each result, by the end of its path or key. */
export const flipped = new Map<string, string>();

/** The keys of results: embeddings of a shard, gradients of a shard or of several. */
const resultKey = /runs\/.*\/(embeddings|gradients)\/\d+(-\d+)?\.[^/]+\.safetensors$/;
const isResult = (path: string): boolean => isBroken && resultKey.test(path);

/** Flips one bit in the last quarter of a blob, which is the exponent of a value there. */
function flipBit(bytes: Uint8Array, path: string): void {
  const value = Math.floor((bytes.byteLength * 7) / 8 / 4);
  bytes[value * 4 + 3]! ^= 0b10;
  flipped.set(resultKey.exec(path)![0], createHash('sha256').update(bytes).digest('hex'));
  process.stderr.write(`flipped a bit of ${path}\n`);
}

// A directory: the blob is complete in a temporary file before it is renamed into place.
const { rename } = fs;
fs.rename = async (from, to) => {
  if (isResult(String(to))) {
    const bytes = await fs.readFile(from);
    flipBit(bytes, String(to));
    await fs.writeFile(from, bytes);
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
    flipBit(copy, key);
    command.input.Body = copy;
  }
  return send.call(this, command, ...more);
};
